import { expect, test } from 'vitest';
import { readListing } from './read.ts';

const listing = (text: string) => readListing(text.split('\n'));

test('members, without what stands before the line', () => {
  const { members, damaged } = listing(
    'Path = /archive\nType = 7z\n\n----------\nPath = a = b.txt\nSize = 7\nEncrypted = -\n\nPath = d\nFolder = +\nSize = \n\nPath = x\nAttributes = D_\n\nPath = s\nEncrypted = +\nMethod = AES\n',
  );
  expect(damaged).toBe(false);
  expect(members).toEqual([
    { path: 'a = b.txt', directory: false, encrypted: false, sizeBytes: 7, method: '' },
    { path: 'd', directory: true, encrypted: false, sizeBytes: undefined, method: '' },
    { path: 'x', directory: true, encrypted: false, sizeBytes: undefined, method: '' },
    { path: 's', directory: false, encrypted: true, sizeBytes: undefined, method: 'AES' },
  ]);
});

test.each(['ERRORS:', 'Unexpected end of archive', 'Headers Error', 'Can not open the file as archive', 'ERROR: /archive'])(
  '%j is damage',
  (line) => {
    expect(listing(`${line}\n----------\n`).damaged).toBe(true);
  },
);

test('a warning about data behind the end is none', () => {
  expect(listing('WARNINGS:\nThere are data after the end of archive\n----------\n').damaged).toBe(false);
});

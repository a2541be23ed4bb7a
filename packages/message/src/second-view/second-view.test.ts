import { expect, test } from 'vitest';
import { contentOf } from '../spooled-content.ts';
import { attached, base64, lines } from '../walk/testing/case.fixture.ts';
import { secondView } from './second-view.ts';
import { createLineThinner } from './thin-lines.ts';

const view = (message: Buffer) => secondView(contentOf(message));

test('names come with the type and the number of the part', async () => {
  const names = [{ name: 'x.txt', mediaType: 'a/b', partPath: '2' }];
  expect(await view(attached(['Content-Type: a/b; name=x.txt']))).toEqual({ names, cut: false });
});

test('a name behind ten megabytes of Base64 is seen', async () => {
  const body = base64(Buffer.alloc(7_500_000, 'x'));
  const message = lines(
    'Content-Type: multipart/mixed; boundary=bb',
    '',
    '--bb',
    'Content-Type: a/b; name=x.txt',
    'Content-Transfer-Encoding: base64',
    '',
    body,
    '--bb',
    'Content-Type: a/b; name=y.txt',
    '',
    'x',
    '--bb--',
  );
  const { names, cut } = await view(message);
  expect(names.map(({ name }) => name)).toEqual(['x.txt', 'y.txt']);
  expect(cut).toBe(false);
});

test('a message on which mailparser never ends is cut', async () => {
  expect(await view(lines('Subject: x', 'Content-Disposition: inline', 'Content-Type: message/rfc822'))).toEqual({ names: [], cut: true });
});

test('too many lines are cut', async () => {
  expect((await secondView(contentOf(attached(['Content-Type: a/b; name=x.txt'])), { maxBytes: 1000, maxLines: 3 })).cut).toBe(true);
  expect((await secondView(contentOf(attached(['Content-Type: a/b; name=x.txt'])), { maxBytes: 10, maxLines: 300 })).cut).toBe(true);
});

test('of a long run of plain lines the beginning is kept, and everything that may be structure', () => {
  const thinner = createLineThinner();
  const kept = thinner.push(lines('A: b', '', ...Array.from({ length: 100 }, () => 'abc'), '--bb', 'C: d', ' folded', '', 'abc'));
  const text = Buffer.concat(kept.map((one) => Buffer.from(one))).toString('latin1');
  expect(text).toBe(`A: b\r\n\r\n${'abc\r\n'.repeat(32)}--bb\r\nC: d\r\n folded\r\n\r\nabc\r\n`);
});

import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMaildir } from './maildir.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

test.each([['example.test/alice'], ['alice@example.test'], ['e/example.test/a/alice']])('finds %s', (folder) => {
  using root = makeTemporaryFolder('maildir');
  const put = (name: string, text: string, seconds: number) => {
    const path = join(root.path, folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    utimesSync(path, seconds, seconds);
  };
  put('new/2', 'second', 2000);
  put('cur/1:2,S', 'first', 1000);
  put('tmp/3', 'unfinished', 3000);
  expect(readMaildir(root.path, 'alice@example.test')).toEqual(['first', 'second']);
  expect(readMaildir(root.path, 'bob@example.test')).toEqual([]);
  expect(readMaildir(root.path, 'alice@other.test')).toEqual([]);
});

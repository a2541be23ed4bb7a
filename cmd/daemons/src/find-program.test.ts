import { basename, dirname } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram } from './find-program.ts';

const NODE = process.execPath;

test.each([
  ['in the path', basename(NODE), `/nowhere:${dirname(NODE)}`, NODE],
  ['in no folder', basename(NODE), '/nowhere', undefined],
  ['nowhere', 'no-program-has-this-name', dirname(NODE), undefined],
])('a program %s', (_what, name, path, found) => {
  expect(findProgram(name, path)).toBe(found);
});

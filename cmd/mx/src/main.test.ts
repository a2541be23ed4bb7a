import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

/** What a source loads before it runs. */
async function importsOf(file: string): Promise<readonly string[]> {
  const text = await readFile(new URL(file, import.meta.url), 'utf8');
  return [...text.matchAll(/(?:\bfrom|^import) '([^']+)';$/gmu)].flatMap(([, from = '']) => (from.startsWith('node:') ? [] : [from]));
}

test('an archive reader, of which there may be many, loads nothing of the rest of the program', async () => {
  expect(await importsOf('./main.ts')).toEqual(['./self.ts', './signals.ts']);
  expect(await importsOf('./signals.ts')).toEqual([]);
  expect(await importsOf('./self.ts')).toEqual([]);
  expect(await importsOf('./archive-reader.ts')).toEqual(['@vratny/adapters/reader-wasm', '@vratny/archive/reader']);
  expect(await importsOf('../../adapters/src/reader-wasm.ts')).toEqual(['@vratny/archive/reader']);
});

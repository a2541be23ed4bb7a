import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { officialSignatures } from './scanners.ts';

test.each([
  [['main.cvd', 'daily.cld'], true],
  [['daily.cvd'], true],
  [['main.cld'], true],
  [['bytecode.cvd', 'freshclam.dat'], false],
  [['daily.cvd.part', 'mydaily.cvd'], false],
  [[], false],
  [undefined, false],
])('files %j: official %s', (files, official) => {
  const parent = mkdtempSync(join(tmpdir(), 'vratny-signatures-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const folder = join(parent, 'clamav');
  if (files) mkdirSync(folder);
  for (const name of files ?? []) writeFileSync(join(folder, name), '');
  expect(officialSignatures(folder)).toBe(official ? folder : undefined);
});

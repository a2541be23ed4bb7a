import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { versionOf } from './version.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const versionIn = (folder: string): unknown => JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')).version;

test('a program says its name and the version of the repository', () => {
  expect(versionOf('mx')).toBe(`mx ${String(versionIn('.'))}`);
});

test('all programs and packages have one version', () => {
  const folders = ['cmd', 'packages'].flatMap((parent) => readdirSync(join(ROOT, parent)).map((name) => join(parent, name)));
  expect(new Set(['.', ...folders].map(versionIn)).size).toBe(1);
});

import { join } from 'node:path';
import { readTree } from '@vratny/support/tree';
import { expect, test } from 'vitest';
import { NOT_MENDED } from './not-mended.ts';
import { RULES } from './rules/index.ts';
import { sourcesOf } from './source-file.ts';

const tree = readTree(join(import.meta.dirname, '..', '..'));

test('the tree is seen', () => {
  expect(tree.has('test/architecture/architecture.test.ts')).toBe(true);
  expect(sourcesOf(tree).length).toBeGreaterThan(40);
});

const folderOf = (path: string) => path.split('/').slice(0, 2).join('/');

test.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
  const excused = NOT_MENDED.get(name) ?? [];
  const lines = rule
    .check(tree)
    .filter((finding) => !excused.includes(folderOf(finding.path)))
    .map((finding) => `${finding.path}: ${finding.text}`);
  expect(lines.join('\n')).toBe('');
});

test('what is not mended yet is not mended yet', () => {
  for (const [name, folders] of NOT_MENDED) {
    const rule = RULES.find((one) => one.name === name);
    const broken = new Set(rule?.check(tree).map((finding) => folderOf(finding.path)));
    expect(
      folders.filter((folder) => !broken.has(folder)),
      `mended, so no longer to be excused from "${name}"`,
    ).toEqual([]);
  }
});

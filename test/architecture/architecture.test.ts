import { join } from 'node:path';
import { readTree } from '@vratny/support/tree';
import { expect, test } from 'vitest';
import { RULES } from './rules/index.ts';
import { sourcesOf } from './source-file.ts';

const tree = readTree(join(import.meta.dirname, '..', '..'));

test('the tree is seen', () => {
  expect(tree.has('test/architecture/architecture.test.ts')).toBe(true);
  expect(sourcesOf(tree).length).toBeGreaterThan(40);
});

test.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => {
  const lines = rule.check(tree).map((finding) => `${finding.path}: ${finding.text}`);
  expect(lines.join('\n')).toBe('');
});

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readTree } from '@vratny/support/tree';
import { describe, expect, it } from 'vitest';
import { ROOT } from './generated.ts';
import { findBrokenLinks, findMachinePaths, type Shelf } from './links.ts';

const documents = new Map([...readTree(fileURLToPath(ROOT))].filter(([path]) => path.endsWith('.md')));
const repository: Shelf = {
  exists: (path) => existsSync(new URL(path, ROOT)),
  read: (path) => (path.endsWith('.md') && existsSync(new URL(path, ROOT)) ? readFileSync(new URL(path, ROOT), 'utf8') : undefined),
};

describe('the documents', () => {
  it('are seen', () => {
    expect([...documents.keys()]).toEqual(expect.arrayContaining(['README.md', 'docs/ARCHITECTURE.md']));
  });

  it.each([...documents])('%s: every relative link leads somewhere', (path, text) => {
    expect(findBrokenLinks(path, text, repository)).toEqual([]);
  });

  it.each([...documents])('%s: names no path of a machine', (_path, text) => {
    expect(findMachinePaths(text)).toEqual([]);
  });
});

describe('the finder of broken links', () => {
  const pages: Readonly<Record<string, string>> = { 'docs/A.md': '# One\n\n## Two words, `code`\n', 'docs/sub/B.md': '', 'README.md': '' };
  const shelf: Shelf = { exists: (path) => path in pages || path === 'docs', read: (path) => pages[path] };
  const broken = (text: string) => findBrokenLinks('docs/sub/B.md', text, shelf).map((one) => `${one.line}: ${one.target} ${one.why}`);

  it.each([
    ['a link that is right', 'x [a](../A.md) [b](../../README.md "title") [c](<../A.md>) [d](..)', []],
    ['a link to somewhere else', '[a](https://example.org/A.md) [b](mailto:a@example.org)', []],
    ['a heading that is there', '[a](../A.md#two-words-code)', []],
    ['a heading of its own', '# Here\n[a](#here)', []],
    ['code', '`[a](nowhere.md)`\n```\n[a](nowhere.md)\n```', []],
    ['a file that is not there', '\n[a](../C.md)', ['2: ../C.md docs/C.md does not exist']],
    ['a reference that is not there', '[a]: C.md', ['1: C.md docs/sub/C.md does not exist']],
    ['a picture that is not there', '![a](a.png)', ['1: a.png docs/sub/a.png does not exist']],
    ['a heading that is not there', '[a](../A.md#three)', ['1: ../A.md#three docs/A.md has no heading #three']],
    ['an absolute link', '[a](/docs/A.md)', ['1: /docs/A.md is absolute: write it relative to the document']],
    ['a way out', '[a](../../../x.md)', ['1: ../../../x.md leads out of the repository']],
  ])('%s', (_what, text, expected) => {
    expect(broken(text)).toEqual(expected);
  });
});

describe('the finder of machine paths', () => {
  it.each([
    ['a home folder', 'see /home/somebody/x'],
    ['a temporary file', '```\nDir: /tmp/abc\n```'],
    ['the checkout', `cd /${'work'}/main`],
  ])('%s', (_what, text) => {
    expect(findMachinePaths(text)).toHaveLength(1);
  });

  it.each(['docs/work/x', 'a/home/b', '`tmp`, `new` and `cur`', 'secrets in /run/secrets/x', 'https://example.org/tmp/x'])(
    '%s is none',
    (text) => {
      expect(findMachinePaths(text)).toEqual([]);
    },
  );
});

import type { Tree } from '@vratny/support/tree';
import type { Finding, Rule } from '../finding.ts';
import { resolveRelative, sourcesOf } from '../source-file.ts';

const CHECKS = 'packages/policy/src/checks/';
const LETTERS = 'packages/policy/src/letters/';

/** Who adds the first half of a row of "Where do I add ..." (docs/ARCHITECTURE.md) adds the other half too. */
export const otherHalf: Rule = {
  name: 'the other half',
  check: (tree) => [...checkFindings(tree), ...letterFindings(tree)],
};

/** Names of the sources directly in a folder, without tests and limits. */
function namesIn(tree: Tree, folder: string): readonly string[] {
  return [...tree.keys()]
    .filter((path) => path.startsWith(folder) && /^[a-z0-9-]+\.ts$/u.test(path.slice(folder.length)))
    .map((path) => path.slice(folder.length, -'.ts'.length))
    .filter((name) => name !== 'limits');
}

/** Files that the sources of a folder import. */
function importedBy(tree: Tree, folder: string): ReadonlySet<string> {
  const files = sourcesOf(tree).filter((file) => file.path.startsWith(folder) && file.kind === 'source');
  return new Set(files.flatMap((file) => file.imports.map((specifier) => resolveRelative(file.path, specifier))));
}

function checkFindings(tree: Tree): readonly Finding[] {
  const used = importedBy(tree, LETTERS);
  const throughIndex = used.has(`${CHECKS}index.ts`) ? importedBy(tree, `${CHECKS}index.ts`) : new Set<string>();
  return namesIn(tree, CHECKS)
    .filter((name) => isCheck(tree, `${CHECKS}${name}.ts`))
    .flatMap((name) => {
      const path = `${CHECKS}${name}.ts`;
      const tested = tree.has(`${CHECKS}${name}.test.ts`);
      const spoken = used.has(path) || throughIndex.has(path);
      return [
        ...(tested ? [] : [{ path, text: `has no test: add ${name}.test.ts beside it` }]),
        ...(spoken ? [] : [{ path, text: 'stands in no letter: add its line to a file in policy/src/letters' }]),
      ];
    });
}

/** Other files there are what checks share: wording, for example. */
function isCheck(tree: Tree, path: string): boolean {
  return sourcesOf(tree).some((file) => file.path === path && file.imports.includes('../model/check.ts'));
}

function letterFindings(tree: Tree): readonly Finding[] {
  return namesIn(tree, LETTERS)
    .filter((name) => /^[a-z]$/u.test(name))
    .flatMap((letter) => {
      const folder = `test/dialogues/${letter}10/`;
      if ([...tree.keys()].some((path) => path.startsWith(folder) && path.endsWith('.smtp'))) return [];
      return [{ path: `${LETTERS}${letter}.ts`, text: `has no dialogues: add ${folder}<name>.smtp` }];
    });
}

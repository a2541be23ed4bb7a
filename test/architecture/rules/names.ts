import type { Tree } from '@vratny/support/tree';
import type { Finding, Rule } from '../finding.ts';
import { type SourceFile, sourcesOf } from '../source-file.ts';

/** Words that say nothing about what a thing is. */
const BANNED = new Set(['core', 'common', 'util', 'utils', 'helper', 'helpers', 'manager', 'handler', 'service', 'base']);
/** What an SMTP server is given is called its service, as elsewhere in the field (go-smtp: backend): the one place where the word says something. */
const IS_SERVICE = /^packages\/server\/src\/service(?:\.fixture)?\.ts$/u;
const EXPORTED =
  /\bexport\s+(?:declare\s+)?(?:async\s+)?(?:abstract\s+)?(?:function\*?|const|let|class|interface|type)\s+([A-Za-z_$][\w$]*)/gu;

/** No file, folder or exported name contains a banned word; file names are kebab-case. */
export const names: Rule = {
  name: 'names',
  check: (tree) => [...pathFindings(tree), ...sourcesOf(tree).flatMap(exportFindings)],
};

function pathFindings(tree: Tree): readonly Finding[] {
  return [...tree.keys()]
    .filter((path) => /^(packages|cmd|test)\/.*\.tsx?$/u.test(path))
    .flatMap((path) => {
      const banned = path
        .replace(/\.tsx?$/u, '')
        .split(/[/.-]/u)
        .find((word) => isBanned(path, word));
      if (banned !== undefined) return [{ path, text: `is called "${banned}", which says nothing: name it after what it knows` }];
      const kebab = path.split('/').every((part) => /^[a-z0-9]+([.-][a-z0-9]+)*$/u.test(part));
      return kebab ? [] : [{ path, text: 'is not in kebab-case' }];
    });
}

function exportFindings(file: SourceFile): readonly Finding[] {
  return [...file.codeOnly.matchAll(EXPORTED)].flatMap((match) => {
    const name = match[1] ?? '';
    const banned = wordsOf(name).find((word) => isBanned(file.path, word));
    return banned === undefined ? [] : [{ path: file.path, text: `exports ${name}: "${banned}" says nothing, name it after what it does` }];
  });
}

function isBanned(path: string, word: string): boolean {
  return BANNED.has(word) && !(word === 'service' && IS_SERVICE.test(path));
}

/** `readBaseURL2` -> read, base, url2. */
function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/gu, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/gu, '$1 $2')
    .split(/[ _$]/u)
    .map((word) => word.toLowerCase());
}

import type { Finding, Rule } from '../finding.ts';
import { type SourceFile, sourcesOf } from '../source-file.ts';

const READS = /\bprocess\s*(?:\.|\?\.)\s*(argv0?|env|execArgv)\b|\bprocess\s*\[|\bparseArgs\s*\(/gu;
const MODULE = /\bimport\s+([^;]*?)\s*from\s*['"](?:node:)?process['"]/gu;

/** Nothing below `cmd/` reads arguments, environment or configuration: what a package needs is passed to it. */
export const surroundings: Rule = {
  name: 'surroundings',
  check: (tree) =>
    sourcesOf(tree)
      .filter((file) => file.folder.startsWith('packages/') && file.kind !== 'test')
      .flatMap((file) => [...readsOf(file), ...moduleImports(file), ...configImports(file)]),
};

function readsOf(file: SourceFile): readonly Finding[] {
  return [...file.codeOnly.matchAll(READS)].map((match) => ({
    path: file.path,
    text: `reads ${match[0].replaceAll(/\s/gu, '')}: only cmd/ does, pass the value as an option`,
  }));
}

/** `import { env } from 'node:process'` would hide the same reading under another name. */
function moduleImports(file: SourceFile): readonly Finding[] {
  return [...file.withStrings.matchAll(MODULE)]
    .filter((match) => !match[1]?.startsWith('type '))
    .map(() => ({ path: file.path, text: 'imports node:process: arguments and environment are read in cmd/ only' }));
}

function configImports(file: SourceFile): readonly Finding[] {
  return file.imports
    .filter((specifier) => file.folder !== 'packages/config' && /^@vratny\/config($|\/)/u.test(specifier))
    .map((specifier) => ({ path: file.path, text: `imports ${specifier}: only cmd/ knows that there is a site file` }));
}

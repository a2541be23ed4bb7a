import type { Tree } from '@vratny/support/tree';
import { type Blanked, blank } from './blank.ts';

/** Why a file may do more than the others: tests, their fixtures and contract suites run in nobody's production. */
export type Kind = 'source' | 'test' | 'contract';

/** One TypeScript file of a package or program. */
export interface SourceFile extends Blanked {
  readonly path: string;
  readonly text: string;
  /** `packages/smtp` or `cmd/mx`. */
  readonly folder: string;
  readonly kind: Kind;
  /** Specifiers of its imports and re-exports, in order. */
  readonly imports: readonly string[];
}

const UNIT_PATH = /^(packages|cmd)\/([^/]+)\/src\/.+\.tsx?$/u;
// `from '...'`, `import '...'`, `import('...')`, `require('...')`.
const IMPORT = /\b(?:from\s*|import\s*\(?\s*|require(?:\.resolve)?\s*\(\s*)(['"])([^'"\n]+)\1/gu;

/** Trees are values, so what was read of one can be kept. */
const read = new WeakMap<Tree, readonly SourceFile[]>();

/** The sources of packages and programs, scanned once per tree. */
export function sourcesOf(tree: Tree): readonly SourceFile[] {
  const known = read.get(tree);
  if (known !== undefined) return known;
  const files = [...tree].flatMap(([path, text]) => parseSource(path, text) ?? []);
  read.set(tree, files);
  return files;
}

function parseSource(path: string, text: string): SourceFile | undefined {
  const match = UNIT_PATH.exec(path);
  if (match === null) return undefined;
  const folder = `${match[1]}/${match[2]}`;
  const blanked = blank(text);
  const imports = importsOf(blanked);
  return { path, text, folder, kind: kindOf(path), imports, ...blanked };
}

/** Specifiers of imports and re-exports; words that stand inside a string or template are none. */
export function importsOf(blanked: Blanked): readonly string[] {
  return [...blanked.withStrings.matchAll(IMPORT)]
    .filter((match) => blanked.codeOnly[match.index] === blanked.withStrings[match.index])
    .map((match) => match[2] ?? '');
}

function kindOf(path: string): Kind {
  if (/\.(?:test|fixture)(-d)?\.tsx?$/u.test(path)) return 'test';
  return /(^|[/.-])contract\.ts$/u.test(path) ? 'contract' : 'source';
}

/** The package name of a bare specifier (`@vratny/dns/memory` -> `@vratny/dns`); undefined for relative paths and Node's modules. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:') || specifier.startsWith('#')) return undefined;
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}

/** Where a relative specifier leads, relative to the repository's root. */
export function resolveRelative(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

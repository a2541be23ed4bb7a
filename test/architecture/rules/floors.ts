import type { Finding, Rule } from '../finding.ts';
import { FLOORS } from '../floors.ts';
import { packageOf, resolveRelative, type SourceFile, sourcesOf } from '../source-file.ts';

const TABLE = 'test/architecture/floors.ts';
const OURS = '@vratny/';
/** Stands on no floor: the rule "doors" keeps it to tests. */
const SUPPORT = '@vratny/support';

/** Imports go down, within a floor not at all. */
export const floors: Rule = {
  name: 'floors',
  check: (tree) => {
    const unknown = new Set<string>();
    return sourcesOf(tree).flatMap((file) => {
      if (FLOORS.has(file.folder)) return file.imports.flatMap((specifier) => judgeImport(file, specifier));
      if (unknown.has(file.folder)) return [];
      unknown.add(file.folder);
      return [{ path: file.path, text: `package ${file.folder} has no floor: add it to the table in ${TABLE}` }];
    });
  },
};

function judgeImport(file: SourceFile, specifier: string): readonly Finding[] {
  if (specifier.startsWith('.')) return judgeRelative(file, specifier);
  const name = packageOf(specifier);
  if (name === undefined || !name.startsWith(OURS) || name === SUPPORT) return [];
  const folder = folderOf(name);
  const theirs = FLOORS.get(folder);
  const own = FLOORS.get(file.folder) ?? 0;
  if (folder === file.folder) return [{ path: file.path, text: `imports its own package as ${specifier}: use a relative path` }];
  if (theirs === undefined) return [{ path: file.path, text: `imports ${specifier}, which has no floor: add it to the table in ${TABLE}` }];
  if (theirs < own) return [];
  const way = theirs === own ? 'on the same floor' : 'higher up';
  return [{ path: file.path, text: `${file.folder} (floor ${own}) imports ${specifier} (floor ${theirs}), which lies ${way}` }];
}

/** `@vratny/dns` lies in `packages/dns`; what the programs share lies in `cmd`. Of two of the same name the program is `@vratny/NAME-program`. */
function folderOf(name: string): string {
  const unit = name.slice(OURS.length);
  if (unit.endsWith('-program')) return `cmd/${unit.slice(0, -'-program'.length)}`;
  return FLOORS.has(`packages/${unit}`) || !FLOORS.has(`cmd/${unit}`) ? `packages/${unit}` : `cmd/${unit}`;
}

function judgeRelative(file: SourceFile, specifier: string): readonly Finding[] {
  if (resolveRelative(file.path, specifier).startsWith(`${file.folder}/`)) return [];
  return [{ path: file.path, text: `imports ${specifier}, which lies outside ${file.folder}: import the package by its name` }];
}

import type { Finding, Rule } from '../finding.ts';
import { type SourceFile, sourcesOf } from '../source-file.ts';

/** Files that list things which need not know each other, and declarations of other people's modules. */
const LISTS = /(?:^|\/)(?:index|limits)\.ts$|\.d\.ts$/u;
/** The formatter indents everything inside a statement, but for its closing brackets. */
const STATEMENT =
  /^(?:export\s+)?(?:declare\s+)?(?:(?:async\s+)?function\*?\s*|(?:abstract\s+)?class\s+|const\s+|let\s+|interface\s+|type\s+)([A-Za-z_$][\w$]*)?|^(?:import|export)\b|^[A-Za-z_$(]/gmu;
const WORD = /(?<![\w$.#])[A-Za-z_$][\w$]*|(?<=\.\.\.)[A-Za-z_$][\w$]*/gu;

/** A top-level statement of a file. */
interface Statement {
  /** What it declares; undefined for a statement that only does something. */
  readonly name: string | undefined;
  readonly words: ReadonlySet<string>;
  /** An interface or type, or a constant that is no function. */
  readonly isData: boolean;
}

/**
 * In every source file the functions and classes form one connected graph of references: each names another one, is named by it, or names a thing of
 * ours that it names too. So files are joined by sense and not by size. Types, constants that are no functions (tables), faults, limits and
 * indexes may stand side by side.
 */
export const connected: Rule = {
  name: 'connected',
  check: (tree) =>
    sourcesOf(tree)
      .filter((file) => file.kind === 'source' && !LISTS.test(file.path) && !/\/contract\//u.test(file.path))
      .flatMap(findingsOf),
};

function findingsOf(file: SourceFile): readonly Finding[] {
  const statements = statementsOf(file);
  const groups = groupsOf(statements, importedNames(file)).filter((group) => !group.every((one) => one.isData));
  if (groups.length < 2) return [];
  const named = groups.map((group) => group.find((one) => one.name !== undefined)?.name ?? 'statements').slice(0, 4);
  return [
    { path: file.path, text: `holds ${groups.length} things that have nothing to do with each other (${named.join(', ')}): one file each` },
  ];
}

function statementsOf({ codeOnly }: SourceFile): readonly Statement[] {
  const starts = [...codeOnly.matchAll(STATEMENT)];
  const found = starts.flatMap((match, index): Statement[] => {
    const text = codeOnly.slice(match.index, starts[index + 1]?.index ?? codeOnly.length);
    if (/^import\b/u.test(text) || /^export\s+(?:type\s+)?[{*]/u.test(text)) return [];
    const words = new Set([...text.matchAll(WORD)].map((word) => word[0]));
    return [{ name: match[1], words, isData: isData(text) }];
  });
  return found;
}

function isData(text: string): boolean {
  if (
    /^(?:export\s+)?(?:declare\s+)?(?:interface|type)\b|^declare\s+global\b|^(?:export\s+)?class\s+\w+\s+extends\s+\w*Error\b/u.test(text)
  )
    return true;
  return /^(?:export\s+)?(?:const|let)\b/u.test(text) && !/=>/u.test(text);
}

/** The connected parts of the graph in which a statement is tied to those that it names. */
function groupsOf(statements: readonly Statement[], imported: ReadonlySet<string>): readonly (readonly Statement[])[] {
  let groups: Statement[][] = [];
  for (const one of statements) {
    const touches = (other: Statement) =>
      tied(one, other) || tied(other, one) || [...imported].some((name) => one.words.has(name) && other.words.has(name));
    const near = groups.filter((group) => group.some(touches));
    groups = [...groups.filter((group) => !near.includes(group)), [...near.flat(), one]];
  }
  return groups;
}

function tied(user: Statement, used: Statement): boolean {
  return used.name !== undefined && user.words.has(used.name);
}

const IMPORTED = /\bimport\s+(?:type\s+)?\{([^}]*)\}\s*from\s*['"](\.|@vratny\/)/gu;

/** Names that a file has from other files of ours: two declarations that speak of the same one belong together. */
function importedNames({ withStrings }: SourceFile): ReadonlySet<string> {
  const lists = [...withStrings.matchAll(IMPORTED)].flatMap((match) => (match[1] ?? '').split(','));
  return new Set(
    lists
      .map((one) =>
        one
          .trim()
          .replace(/^type\s+/u, '')
          .replace(/^.*\sas\s+/u, ''),
      )
      .filter((one) => one !== ''),
  );
}

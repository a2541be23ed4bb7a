import { basename } from 'node:path';
import { describeError } from '@vratny/text';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml';
import type { z } from 'zod';
import { ALIASES_MAX, FILE_MAX_BYTES, PROBLEMS_MAX, SUGGESTED_KEY_MAX } from '../limits.ts';
import { type Site, siteSchema } from '../schema.ts';
import { MISSING, quote } from '../values/reading.ts';
import { shapeOf } from './shape.ts';

/** Something wrong with a site file, in words for the operator. */
export interface Problem {
  /** As it was named. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** `dnsbl.zones[0].codes`; empty when the file as a whole is meant. */
  readonly path: string;
  readonly message: string;
}

/** What reading a site file came to. Problems stand in the order of their lines. */
export type SiteReading = { readonly ok: true; readonly site: Site } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Where a site file came from. */
export interface SiteOrigin {
  /** Where its relative paths start; absolute. */
  readonly baseDirectory: string;
  /** Its name, for problems. */
  readonly file: string;
}

/** Reads a site file. Reads no other file: whether what it names exists is for whoever opens it to say. */
export function readSite(text: string, { baseDirectory, file }: SiteOrigin): SiteReading {
  if (Buffer.byteLength(text) > FILE_MAX_BYTES) return refuse([{ file, line: 1, path: '', message: 'is larger than 1 MiB' }]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) return refuse(syntax.map((error) => describeSyntax(error, text, file, lines)));

  const plain = toPlain(document);
  if (!plain.ok) return refuse([{ file, line: 1, path: '', message: plain.message }]);
  const schema = siteSchema(baseDirectory);
  const result = schema.safeParse(plain.value ?? {});
  if (result.success) return { ok: true, site: result.data };
  return refuse(describeIssues(result.error.issues, schema, file, (path) => locate(document, lines, path)));
}

/** A problem as one line: `site.yaml:7: dnsbl.zonez: unknown key, did you mean "zones"?` */
export function formatProblem({ file, line, path, message }: Problem): string {
  return `${basename(file)}:${line}: ${path === '' ? '' : `${path}: `}${message}`;
}

function refuse(problems: readonly Problem[]): SiteReading {
  const sorted = problems.toSorted((one, other) => one.line - other.line);
  return { ok: false, problems: sorted.slice(0, PROBLEMS_MAX) };
}

function describeSyntax(error: YAMLParseError | YAMLWarning, text: string, file: string, lines: LineCounter): Problem {
  if (error.code !== 'DUPLICATE_KEY') {
    return { file, line: lineAt(lines, error.pos[0]), path: '', message: `not valid YAML: ${firstLine(error.message)}` };
  }
  // The parser points to the end of what stands before the key.
  const gap = /^(?:[\s,]|#.*$)*/mu.exec(text.slice(error.pos[0]))?.[0].length ?? 0;
  const start = error.pos[0] + gap;
  const key = /^[^\s:]{0,60}/u.exec(text.slice(start))?.[0] ?? '';
  return { file, line: lineAt(lines, start), path: '', message: `the key ${quote(key)} stands here for the second time` };
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}

function toPlain(
  document: Document.Parsed,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: ALIASES_MAX }) };
  } catch (error) {
    return { ok: false, message: `not valid YAML: ${firstLine(describeError(error))}` };
  }
}

type Find = (path: readonly PropertyKey[]) => { readonly line: number; readonly path: readonly PropertyKey[] };

function describeIssues(issues: readonly z.core.$ZodIssue[], schema: z.core.$ZodType, file: string, find: Find): Problem[] {
  const unknown = issues
    .filter((issue) => issue.code === 'unrecognized_keys')
    .flatMap((issue) => describeUnknown(issue, schema, file, find));
  // A misspelt key is not missing as well.
  const meant = new Set(unknown.map((one) => one.meant));
  const others = issues
    .filter((issue) => issue.code !== 'unrecognized_keys' && !(issue.message === MISSING && meant.has(formatPath(issue.path))))
    .map((issue) => describeValue(issue, file, find));
  return [...unknown.map((one) => one.problem), ...others];
}

function describeValue(issue: z.core.$ZodIssue, file: string, find: Find): Problem {
  const { line, path } = find(issue.path);
  return { file, line, path: formatPath(path), message: issue.message };
}

interface Unknown {
  readonly problem: Problem;
  /** The path that was probably meant. */
  readonly meant?: string;
}

function describeUnknown(issue: z.core.$ZodIssueUnrecognizedKeys, schema: z.core.$ZodType, file: string, find: Find): Unknown[] {
  const known = Object.keys(schemaAt(schema, issue.path) ?? {});
  return issue.keys.map((key) => {
    const { line, path } = find([...issue.path, key]);
    const meant = suggestKey(key, known);
    const problem = { file, line, path: formatPath(path) };
    if (meant === undefined) return { problem: { ...problem, message: `unknown key; known are ${known.join(', ')}` } };
    return { problem: { ...problem, message: `unknown key, did you mean ${quote(meant)}?` }, meant: formatPath([...issue.path, meant]) };
  });
}

function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): Readonly<Record<string, z.core.$ZodType>> | undefined {
  let shape = shapeOf(schema);
  for (const step of path) {
    if (typeof step === 'number') continue;
    const next = shape?.[String(step)];
    if (next === undefined) return undefined;
    shape = shapeOf(next);
  }
  return shape;
}

/** Where in the file something stands. */
interface Place {
  /** From 1. */
  readonly line: number;
  /** The keys that lead there, as far as the file goes. */
  readonly path: readonly PropertyKey[];
}

/**
 * Finds the line of a path. A missing key is found where its map begins (the key above it); `atKey` asks for the line
 * of the last key itself instead of its value, for keys that should not be there.
 */
function locate(document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): Place {
  let node: unknown = document.contents;
  let offset = startOf(document.contents) ?? 0;
  for (const [depth, step] of path.entries()) {
    const target = isAlias(node) ? node.resolve(document) : node;
    if (isMap(target)) {
      const pair = target.items.find((item) => isPair(item) && keyText(item.key) === String(step));
      if (pair === undefined) return { line: lineAt(lines, offset), path };
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
      // A scalar may stand lines below its key; a map is better known by its key.
      if (isScalar(node)) offset = startOf(node) ?? offset;
    } else if (isSeq(target)) {
      node = target.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else if (isScalar(target) && target.value !== null) {
      // The file has a plain value here: the problem is that value's, whatever the schema wanted below it.
      return { line: lineAt(lines, offset), path: path.slice(0, depth) };
    }
  }
  return { line: lineAt(lines, offset), path };
}

/** A path as it is said in messages: `dnsbl.zones[0].codes`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((before, step) => {
    if (typeof step === 'number') return `${before}[${step}]`;
    return before === '' ? String(step) : `${before}.${String(step)}`;
  }, '');
}

function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** The line of an offset, from 1. */
function lineAt(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line);
}

/** The known key that was probably meant, or undefined when none is near. */
export function suggestKey(written: string, known: readonly string[]): string | undefined {
  if (written.length > SUGGESTED_KEY_MAX) return undefined;
  const lower = written.toLowerCase();
  const ranked = known
    .map((key) => ({ key, distance: editDistance(lower, key.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance);
  const [best] = ranked;
  // A third of the letters may be wrong: "zonez" is "zones", "foo" is nothing.
  return best !== undefined && best.distance <= Math.max(1, Math.floor(written.length / 3)) ? best.key : undefined;
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (same ? 0 : 1),
          swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

import { basename } from 'node:path';
import { type Document, LineCounter, parseDocument, type YAMLParseError, type YAMLWarning } from 'yaml';
import type { z } from 'zod';
import { shapeOf } from './key.ts';
import { ALIASES_MAX, FILE_MAX_BYTES, PROBLEMS_MAX } from './limits.ts';
import { formatPath, lineAt, locate } from './locate.ts';
import { type Site, siteSchema } from './schema.ts';
import { suggestKey } from './suggest.ts';
import { MISSING, quote } from './values/scalar.ts';

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
    return { ok: false, message: `not valid YAML: ${error instanceof Error ? firstLine(error.message) : 'cannot be read'}` };
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

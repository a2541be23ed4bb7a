import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { readMailboxStore } from '@vratny/adapters';
import { parseSize } from '@vratny/config';
import type { DirectoryRecord, MailboxesAt } from '@vratny/directory';
import { DEFAULT_LETTER, isLetter } from '@vratny/hosts';
import { LINE_MAX } from './limits.ts';

/** A record and where it stands. */
export interface NumberedRecord {
  /** From 1. */
  readonly line: number;
  readonly record: DirectoryRecord;
}

/** A line that is no record, in words. */
export interface BadLine {
  readonly line: number;
  readonly problem: string;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Reads a file of records, NDJSON or CSV with a header, line by line; which of both its first line says. Rejects as the
 * file system does.
 */
export async function* readRecords(path: string): AsyncGenerator<NumberedRecord | BadLine> {
  let line = 0;
  let header: readonly string[] | undefined;
  let form: 'json' | 'csv' | undefined;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    const plain = (line === 1 ? text.replace(/^\uFEFF/u, '') : text).trim();
    if (plain === '') continue;
    if (plain.length > LINE_MAX) {
      yield { line, problem: `is longer than ${LINE_MAX} characters` };
      continue;
    }
    form ??= plain.startsWith('{') ? 'json' : 'csv';
    if (form === 'csv' && header === undefined) {
      const read = readHeader(plain);
      if (typeof read === 'string') {
        yield { line, problem: read };
        return;
      }
      header = read;
      continue;
    }
    const values = form === 'json' ? parseJson(plain) : parseRow(plain, header ?? []);
    const record = typeof values === 'string' ? values : toRecord(values);
    yield typeof record === 'string' ? { line, problem: record } : { line, record };
  }
}

function readHeader(text: string): readonly string[] | string {
  const names = splitCsv(text);
  if (typeof names === 'string') return names;
  const trimmed = names.map((name) => name.trim());
  if (trimmed.length === 1 && /[;\t]/u.test(trimmed[0] ?? ''))
    return 'the header has no commas: the columns of CSV are separated by commas here';
  const unknown = trimmed.find((name) => !KEYS.has(name));
  return unknown === undefined ? trimmed : `the header names ${JSON.stringify(unknown)}; known are ${[...KEYS].join(', ')}`;
}

function parseRow(text: string, header: readonly string[]): Values | string {
  const cells = splitCsv(text);
  if (typeof cells === 'string') return cells;
  if (cells.length > header.length) return `has ${cells.length} columns, the header ${header.length}`;
  const values = header.flatMap((name, at) => (cells[at] === undefined || cells[at] === '' ? [] : [[name, cells[at]] as const]));
  return Object.fromEntries(values);
}

function parseJson(text: string): Values | string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : 'is no object';
  } catch {
    return 'is no JSON object';
  }
}

const KINDS = ['domain', 'mailbox', 'alias'] as const;
const KEYS_OF = {
  domain: ['policy', 'alias_of', 'mailboxes', 'previous_policy', 'grace_until', 'earlier_policies'],
  mailbox: ['quota', 'antispam', 'enabled', 'store'],
  alias: ['targets'],
} as const;
const KEYS: ReadonlySet<string> = new Set([...KINDS, ...Object.values(KEYS_OF).flat()]);

/** Says with what is wrong; caught where a line is read. */
class BadValue extends Error {
  override readonly name = 'BadValue';
}

function toRecord(values: Values): DirectoryRecord | string {
  const named = KINDS.filter((kind) => values[kind] !== undefined);
  const [kind] = named;
  if (kind === undefined || named.length > 1) return `must have one of ${KINDS.join(', ')}`;
  const known: readonly string[] = [kind, ...KEYS_OF[kind]];
  const unknown = Object.keys(values).find((key) => !known.includes(key));
  if (unknown !== undefined) return `has the key ${JSON.stringify(unknown)}; a ${kind} may have ${KEYS_OF[kind].join(', ')}`;
  try {
    return READERS[kind](values);
  } catch (error) {
    if (error instanceof BadValue) return error.message;
    throw error;
  }
}

const READERS: Readonly<Record<(typeof KINDS)[number], (values: Values) => DirectoryRecord>> = {
  domain: (values) => {
    const letter = part(values, 'policy', readLetter);
    const previous = part(values, 'previous_policy', readLetter);
    const graceUntil = part(values, 'grace_until', readTime);
    if ((previous === undefined) !== (graceUntil === undefined))
      throw new BadValue('must have both previous_policy and grace_until, or neither');
    return {
      kind: 'domain',
      name: text(values, 'domain'),
      defaultLetter: DEFAULT_LETTER,
      ...(letter === undefined ? {} : { letter }),
      ...(previous === undefined || graceUntil === undefined ? {} : { previous: { letter: previous, graceUntil } }),
      ...optional('earlier', part(values, 'earlier_policies', readLetters)),
      ...optional(
        'aliasOf',
        part(values, 'alias_of', (value) => asText('alias_of', value)),
      ),
      ...optional('mailboxes', part(values, 'mailboxes', readWho)),
    };
  },
  mailbox: (values) => ({
    kind: 'mailbox',
    address: text(values, 'mailbox'),
    ...optional('quotaBytes', part(values, 'quota', readQuota)),
    ...optional(
      'antispam',
      part(values, 'antispam', (value) => readFlag('antispam', value)),
    ),
    ...optional(
      'enabled',
      part(values, 'enabled', (value) => readFlag('enabled', value)),
    ),
    ...optional('store', part(values, 'store', readStore)),
  }),
  alias: (values) => ({ kind: 'alias', address: text(values, 'alias'), targets: readTargets(values['targets']) }),
};

function optional<K extends string, T>(key: K, value: T | undefined): { readonly [key in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: T };
}

function part<T>(values: Values, key: string, reader: (value: unknown) => T): T | undefined {
  return values[key] === undefined ? undefined : reader(values[key]);
}

function text(values: Values, key: string): string {
  return asText(key, values[key]);
}

function asText(key: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new BadValue(`${key} must be text`);
}

function readLetter(value: unknown) {
  const letter = typeof value === 'string' ? value.toLowerCase() : '';
  if (isLetter(letter)) return letter;
  throw new BadValue('a policy is a, b, c or d');
}

function readLetters(value: unknown) {
  const letters: readonly unknown[] =
    typeof value === 'string' ? value.split(/[,;\s]+/u).filter((one) => one !== '') : Array.isArray(value) ? value : [value];
  return letters.map(readLetter);
}

function readTime(value: unknown): Date {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw new BadValue('grace_until must be a time such as 2030-01-02T00:00:00Z');
  return new Date(at);
}

function readWho(value: unknown): MailboxesAt {
  if (value === 'directory' || value === 'store') return value;
  throw new BadValue('mailboxes must be directory or store');
}

function readQuota(value: unknown): number | null {
  if (value === null || value === 'none') return null;
  const reading = parseSize(typeof value === 'string' && /^\d+$/u.test(value) ? Number(value) : value);
  if (reading.ok) return reading.value;
  throw new BadValue(`quota ${reading.message}`);
}

const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...([true, 'true', 'yes', 'on', '1', 1] as const).map((word) => [word, true] as const),
  ...([false, 'false', 'no', 'off', '0', 0] as const).map((word) => [word, false] as const),
]);

function readFlag(key: string, value: unknown): boolean {
  const flag = FLAGS.get(typeof value === 'string' ? value.toLowerCase() : value);
  if (flag === undefined) throw new BadValue(`${key} must be true or false`);
  return flag;
}

function readStore(value: unknown): string | null {
  if (value === null || value === 'default') return null;
  const written = asText('store', value);
  const reading = readMailboxStore(written);
  if (!reading.ok) throw new BadValue(`store ${reading.message}`);
  return written;
}

function readTargets(value: unknown): readonly string[] {
  const targets: readonly unknown[] =
    typeof value === 'string' ? value.split(/[,;\s]+/u).filter((target) => target !== '') : Array.isArray(value) ? value : [];
  if (targets.length > 0 && targets.every((target) => typeof target === 'string')) return targets;
  throw new BadValue('targets must be a list of addresses');
}

/** The cells of one line of CSV (RFC 4180 §2), or what is wrong with it. A cell in quotes ends on its line. */
function splitCsv(line: string): readonly string[] | string {
  const cells: string[] = [];
  for (let at = 0; at <= line.length; ) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(?=,|$)/u.exec(line.slice(at));
    const cell = quoted ?? /^([^,"]*)(?=,|$)/u.exec(line.slice(at));
    if (cell === null) return 'has a quote that is not closed, or text behind one';
    cells.push(quoted === null ? (cell[1] ?? '').trim() : (cell[1] ?? '').replaceAll('""', '"'));
    at += cell[0].length + 1;
  }
  return cells;
}

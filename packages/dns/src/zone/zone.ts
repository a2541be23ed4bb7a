import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { decodeText } from '@vratny/text';
import type { Step } from '../chain.ts';
import { CHARACTER_STRING_MAX, NEGATIVE_TTL_MAX_SECONDS, TTL_MAX_SECONDS, ZONE_TTL_SECONDS } from '../limits.ts';
import { normaliseName } from '../names.ts';
import type { Records, RecordType } from '../port.ts';
import { isRecordType, RECORD_TYPES } from '../record-types.ts';
import { type Entry, type Token, ZoneFileError } from './tokens.ts';

/** The records of one type of one name. */
interface RecordSet<T extends RecordType> {
  readonly records: readonly Records[T][];
  readonly ttlSeconds: number;
}

/** Record sets by type. */
type RecordSets = { readonly [T in RecordType]?: RecordSet<T> };

/** What a zone file says of one name. NS records are answered like any other: nothing is delegated. */
export interface ZoneNode {
  readonly sets: RecordSets;
  readonly alias?: { readonly target: string; readonly ttlSeconds: number };
  /** TTL of negative answers, from the SOA record (RFC 2308 §5). With it, the file answers for everything below the name. */
  readonly negativeTtlSeconds?: number;
}

/** A zone file that was read. Names are normalised; a wildcard is the name with its `*`. */
export interface Zone {
  readonly names: ReadonlyMap<string, ZoneNode>;
  /** Names above listed ones that have no records themselves (RFC 4592 §2.2.2). */
  readonly emptyNames: ReadonlySet<string>;
}

/** A zone while it is being read. */
interface ZoneDraft {
  /** Throws `ZoneFileError`. */
  add(record: RecordLine, ttlSeconds: number, origin: string | undefined): void;
  finish(): Zone;
}

/** Starts an empty one. */
export function createZoneDraft(): ZoneDraft {
  const names = new Map<string, ZoneNode>();
  return {
    add: (record, ttlSeconds, origin) => {
      const node = names.get(record.owner);
      const fields = { line: record.line, tokens: record.data, origin };
      refuseBesideAlias(record, node);
      names.set(record.owner, extend(node ?? { sets: {} }, record, fields, ttlSeconds));
    },
    finish: () => ({ names, emptyNames: findEmptyNames(names) }),
  };
}

function extend(node: ZoneNode, { type, line, owner }: RecordLine, fields: Fields, ttlSeconds: number): ZoneNode {
  if (isRecordType(type)) return { ...node, sets: addRecord(node.sets, type, readFields(type, fields), ttlSeconds) };
  switch (type) {
    case 'CNAME':
      return { ...node, alias: { target: readTarget(fields), ttlSeconds } };
    case 'SOA':
      if (node.negativeTtlSeconds !== undefined) throw new ZoneFileError(line, `${owner} has a second SOA record`);
      return { ...node, negativeTtlSeconds: Math.min(ttlSeconds, readSoa(fields), NEGATIVE_TTL_MAX_SECONDS) };
  }
}

function addRecord<T extends RecordType>(sets: RecordSets, type: T, record: Records[T], ttlSeconds: number): RecordSets {
  const set: RecordSets[T] = sets[type];
  const known: readonly Records[T][] = set?.records ?? [];
  return {
    ...sets,
    [type]: {
      // RFC 2181 §5: a set has no record twice; and one TTL, so the smaller of two.
      records: known.some((each) => isDeepStrictEqual(each, record)) ? known : [...known, record],
      ttlSeconds: Math.min(ttlSeconds, set?.ttlSeconds ?? ttlSeconds),
    },
  };
}

/** RFC 1034 §3.6.2: a name with a CNAME record has no other. */
function refuseBesideAlias({ line, owner, type }: RecordLine, node: ZoneNode | undefined): void {
  if (node !== undefined && (type === 'CNAME' || node.alias !== undefined)) {
    throw new ZoneFileError(line, `${owner} has a CNAME record and another record`);
  }
}

function findEmptyNames(names: ReadonlyMap<string, ZoneNode>): ReadonlySet<string> {
  const empty = new Set<string>();
  for (const name of names.keys()) {
    for (let above = parentOf(name); above !== undefined && !empty.has(above); above = parentOf(above)) {
      if (!names.has(above)) empty.add(above);
    }
  }
  return empty;
}

/** A zone file is not signed: nothing vouches for it by DNSSEC. */
const authentic = false;

/** What the zone says of a name; undefined: nothing, the name is not its business. */
export function findInZone<T extends RecordType>(zone: Zone, name: string, type: T): Step<T> | undefined {
  const negativeTtlSeconds = findNegativeTtl(zone, name);
  const ttlSeconds = negativeTtlSeconds ?? ZONE_TTL_SECONDS;
  const node = zone.names.get(name) ?? findWildcard(zone, name);
  if (node !== undefined) return answerFrom(node, type, ttlSeconds);
  if (negativeTtlSeconds === undefined) return undefined;
  // RFC 4592 §2.2.2: an empty name exists, it only has no records.
  return { kind: zone.emptyNames.has(name) ? 'nodata' : 'nxdomain', ttlSeconds, authentic };
}

function answerFrom<T extends RecordType>(node: ZoneNode, type: T, negativeTtlSeconds: number): Step<T> {
  if (node.alias !== undefined) return { kind: 'alias', ...node.alias, authentic };
  const sets: { readonly [K in RecordType]?: RecordSet<K> } = node.sets;
  const set: { readonly records: readonly Records[T][]; readonly ttlSeconds: number } | undefined = sets[type];
  return set === undefined
    ? { kind: 'nodata', ttlSeconds: negativeTtlSeconds, authentic }
    : { kind: 'found', records: set.records, ttlSeconds: set.ttlSeconds, authentic };
}

/** RFC 4592 §3.3.1: the wildcard right below the closest name that exists, and no other. */
function findWildcard(zone: Zone, name: string): ZoneNode | undefined {
  if (zone.emptyNames.has(name)) return undefined;
  for (let above = parentOf(name); above !== undefined; above = parentOf(above)) {
    if (zone.names.has(above) || zone.emptyNames.has(above)) return zone.names.get(above === '' ? '*' : `*.${above}`);
  }
  return undefined;
}

/** The TTL of the closest SOA record at or above the name; undefined when the file has no authority over it. */
function findNegativeTtl(zone: Zone, name: string): number | undefined {
  for (let at: string | undefined = name; at !== undefined; at = parentOf(at)) {
    const seconds = zone.names.get(at)?.negativeTtlSeconds;
    if (seconds !== undefined) return seconds;
  }
  return undefined;
}

/** The name above: `a.b` -> `b`, `b` -> `` (the root); undefined above the root. */
function parentOf(name: string): string | undefined {
  if (name === '') return undefined;
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}

/** The data of one record, with what is needed to read them. */
interface Fields {
  readonly line: number;
  readonly tokens: readonly Token[];
  /** Normalised; undefined before any `$ORIGIN`. */
  readonly origin: string | undefined;
}

type Readers = { readonly [T in RecordType]: (fields: Fields) => Records[T] };

const READERS: Readers = { A: readA, AAAA: readAaaa, MX: readMx, TXT: readTxt, PTR: readTarget, NS: readTarget, TLSA: readTlsa };

/** Reads the data of a record we answer with. Throws `ZoneFileError`. */
function readFields<T extends RecordType>(type: T, fields: Fields): Records[T] {
  return READERS[type](fields);
}

/** The one name in the data of CNAME, NS and PTR records. */
function readTarget(fields: Fields): string {
  const [target] = exactly(fields, 1, 'one name');
  return readName(target, fields);
}

/** The minimum of a SOA record, in seconds; its other six fields are checked and not kept. */
function readSoa(fields: Fields): number {
  const [primary, mailbox, ...numbers] = exactly(fields, 7, 'seven fields (primary, mailbox, serial, refresh, retry, expire, minimum)');
  readName(primary, fields);
  // The first label of a mailbox may hold an escaped dot (RFC 1035 §8); we never answer with it.
  readName({ text: (mailbox?.text ?? '').replaceAll(/\\./gu, '-'), quoted: false }, fields);
  const [serial, ...times] = numbers;
  readNumber(serial, fields, 0xffff_ffff, 'serial');
  const seconds = times.map((token) => parseTtl(token.text));
  if (seconds.includes(undefined)) throw new ZoneFileError(fields.line, 'a SOA record needs times such as 3600 or 1h');
  return seconds.at(-1) ?? 0;
}

/** A name: absolute, `@`, or relative to `$ORIGIN`. */
export function readName(token: Token | undefined, { line, origin }: Pick<Fields, 'line' | 'origin'>): string {
  const text = token?.text ?? '';
  if (text.endsWith('.')) return known(normaliseName(text), line, `"${text}" is no domain name`);
  if (origin === undefined) throw new ZoneFileError(line, `"${text}" is not absolute (no final dot) and there is no $ORIGIN`);
  if (text === '@' && token?.quoted === false) return origin;
  const full = `${text}.${origin}`;
  return known(text === '' ? undefined : normaliseName(full), line, `"${text}" is no domain name`);
}

function readA(fields: Fields): string {
  const text = exactly(fields, 1, 'one IPv4 address')[0]?.text ?? '';
  if (!isIPv4(text)) throw new ZoneFileError(fields.line, `"${text}" is no IPv4 address`);
  return text;
}

function readAaaa(fields: Fields): string {
  const text = exactly(fields, 1, 'one IPv6 address')[0]?.text ?? '';
  if (!isIPv6(text) || text.includes('%')) throw new ZoneFileError(fields.line, `"${text}" is no IPv6 address`);
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}

function readMx(fields: Fields): Records['MX'] {
  const [preference, exchange] = exactly(fields, 2, 'a preference and a name');
  return { preference: readNumber(preference, fields, 0xffff, 'preference'), exchange: readName(exchange, fields) };
}

function readTxt({ line, tokens }: Fields): string {
  if (tokens.length === 0) throw new ZoneFileError(line, 'a TXT record needs a string');
  const strings = tokens.map((token) => known(readOctets(token.text), line, `bad escape in "${token.text}"`));
  if (strings.some((string) => string.length > CHARACTER_STRING_MAX)) {
    throw new ZoneFileError(line, `a string of more than ${CHARACTER_STRING_MAX} octets; split it into several`);
  }
  return decodeText(Buffer.concat(strings));
}

/** SHA-256 and SHA-512, in hexadecimal digits (RFC 6698 §2.1.3); 0 is the certificate or key itself. */
const DIGEST_DIGITS: Readonly<Record<number, number>> = { 1: 64, 2: 128 };

function readTlsa(fields: Fields): Records['TLSA'] {
  const { line, tokens } = fields;
  if (tokens.length < 4) throw new ZoneFileError(line, 'a TLSA record needs usage, selector, matching type and data');
  const [usage, selector, matching, ...data] = tokens;
  const matchingType = readNumber(matching, fields, 255, 'matching type');
  const hex = data.map((token) => token.text).join('');
  if (hex.length % 2 === 1 || !/^[0-9a-f]+$/iu.test(hex)) throw new ZoneFileError(line, 'TLSA data must be hexadecimal');
  if ((DIGEST_DIGITS[matchingType] ?? hex.length) !== hex.length) {
    throw new ZoneFileError(line, `TLSA data of matching type ${matchingType} must have ${DIGEST_DIGITS[matchingType]} hexadecimal digits`);
  }
  return {
    usage: readNumber(usage, fields, 255, 'usage'),
    selector: readNumber(selector, fields, 255, 'selector'),
    matchingType,
    data: new Uint8Array(Buffer.from(hex, 'hex')),
  };
}

function exactly({ line, tokens }: Fields, count: number, what: string): readonly Token[] {
  if (tokens.length !== count) throw new ZoneFileError(line, `the record needs ${what}, not ${tokens.length} words`);
  return tokens;
}

function readNumber(token: Token | undefined, { line }: Pick<Fields, 'line'>, max: number, what: string): number {
  const text = token?.text ?? '';
  if (!/^\d{1,10}$/u.test(text) || Number(text) > max) throw new ZoneFileError(line, `"${text}" is no ${what} (0 to ${max})`);
  return Number(text);
}

function known<V>(value: V | undefined, line: number, message: string): V {
  if (value === undefined) throw new ZoneFileError(line, message);
  return value;
}

/**
 * The octets of a word or quoted string: `\DDD` is the octet with that number, `\x` is x itself (RFC 1035 §5.1), everything else is its
 * UTF-8. Undefined when a number is above 255 or a backslash stands last.
 */
function readOctets(text: string): Buffer | undefined {
  const parts: Buffer[] = [];
  for (const [piece, number, escaped] of text.matchAll(/\\(\d{3})|\\([^\d])|[^\\]+|\\/gu)) {
    if (number !== undefined) {
      if (Number(number) > 255) return undefined;
      parts.push(Buffer.from([Number(number)]));
    } else if (escaped === undefined && piece === '\\') {
      return undefined;
    } else {
      parts.push(Buffer.from(escaped ?? piece));
    }
  }
  return Buffer.concat(parts);
}

/** A type that a zone file may have. */
type ZoneType = RecordType | 'CNAME' | 'SOA';

/** A record with its data still as words. */
interface RecordLine {
  readonly line: number;
  readonly owner: string;
  /** Undefined when the line states none. */
  readonly ttlSeconds: number | undefined;
  readonly type: ZoneType;
  readonly data: readonly Token[];
}

const TYPES: readonly ZoneType[] = [...RECORD_TYPES, 'CNAME', 'SOA'];

/** Reads `[owner] [TTL] [class] type data`, TTL and class in either order (RFC 1035 §5.1). Throws `ZoneFileError`. */
export function readRecordLine(entry: Entry, origin: string | undefined, lastOwner: string | undefined): RecordLine {
  const { line } = entry;
  const [first, ...others] = entry.tokens;
  const owner = entry.ownerOmitted ? lastOwner : readName(first, { line, origin });
  if (owner === undefined) throw new ZoneFileError(line, 'the first record needs an owner name at the start of the line');
  const rest = entry.ownerOmitted ? entry.tokens : others;
  let ttlSeconds: number | undefined;
  let classSeen = false;
  for (const [index, { text }] of rest.entries()) {
    const word = text.toUpperCase();
    if (ttlSeconds === undefined && looksLikeTtl(word)) {
      ttlSeconds = readTtl(text, line);
    } else if (!classSeen && word === 'IN') {
      classSeen = true;
    } else {
      return { line, owner, ttlSeconds, type: readType(word, line), data: rest.slice(index + 1) };
    }
  }
  throw new ZoneFileError(line, 'the record has no type');
}

/** A TTL in seconds. Throws `ZoneFileError`. */
export function readTtl(text: string, line: number): number {
  const seconds = parseTtl(text);
  if (seconds === undefined) throw new ZoneFileError(line, `"${text}" is no TTL (seconds, or as in 1h30m)`);
  return seconds;
}

function readType(word: string, line: number): ZoneType {
  const type = TYPES.find((candidate) => candidate === word);
  if (type !== undefined) return type;
  if (['CH', 'HS', 'CS'].includes(word)) throw new ZoneFileError(line, `class ${word} is not supported, only IN`);
  throw new ZoneFileError(line, `type "${word}" is not supported (${TYPES.join(', ')})`);
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Whether a word has the form of a TTL: digits, or numbers with units, as in `3600` and `1h30m`. */
function looksLikeTtl(word: string): boolean {
  return /^(?:\d+|(?:\d+[smhdw])+)$/iu.test(word);
}

/** Reads a TTL to seconds; undefined when it is none or has more than 31 bits (RFC 2181 §8). */
function parseTtl(word: string): number | undefined {
  if (!looksLikeTtl(word)) return undefined;
  let seconds = 0;
  for (const [, digits, unit = 's'] of word.toLowerCase().matchAll(/(\d+)([smhdw]?)/gu)) {
    seconds += Number(digits) * (UNIT_SECONDS[unit] ?? 1);
  }
  return seconds <= TTL_MAX_SECONDS ? seconds : undefined;
}

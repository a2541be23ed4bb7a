import { isDeepStrictEqual } from 'node:util';
import type { Step } from '../chain.ts';
import { NEGATIVE_TTL_MAX_SECONDS, ZONE_TTL_SECONDS } from '../limits.ts';
import type { Records, RecordType } from '../port.ts';
import { isRecordType } from '../record-types.ts';
import { type Fields, type RecordLine, readFields, readSoa, readTarget } from './record.ts';
import { ZoneFileError } from './tokens.ts';

/** The records of one type of one name. */
interface RecordSet<T extends RecordType> {
  readonly records: readonly Records[T][];
  readonly ttlSeconds: number;
}

/** Record sets by type. */
type RecordSets = { readonly [T in RecordType]?: RecordSet<T> };

/** What a zone file says of one name. NS records only make the name exist. */
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
    case 'NS':
      readTarget(fields);
      return node;
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

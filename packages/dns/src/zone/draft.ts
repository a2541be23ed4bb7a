import { isDeepStrictEqual } from 'node:util';
import { NEGATIVE_TTL_MAX_SECONDS } from '../limits.ts';
import { parentOf } from '../names.ts';
import type { Records, RecordType } from '../port.ts';
import { isRecordType } from '../record-types.ts';
import { type Fields, readFields, readSoa, readTarget } from './record-fields.ts';
import type { RecordLine } from './record-line.ts';
import { ZoneFileError } from './tokens.ts';
import type { RecordSets, Zone, ZoneNode } from './zone.ts';

/** A zone while it is being read. */
export interface ZoneDraft {
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

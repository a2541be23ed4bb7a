import type { Step } from '../chain.ts';
import { ZONE_TTL_SECONDS } from '../limits.ts';
import { parentOf } from '../names.ts';
import type { Records, RecordType } from '../port.ts';
import type { RecordSet, Zone, ZoneNode } from './zone.ts';

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

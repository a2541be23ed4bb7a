import type { EncodableResource } from 'dns-packet';
import type { MemoryRecords } from '../memory.ts';
import type { RecordType } from '../port.ts';
import { RECORD_TYPES } from '../record-types.ts';
import { respond, type Script, type ScriptedQuery } from './scripted-server.fixture.ts';

/** For tests: a script that answers from plain data, as a recursive resolver would. */
export function scriptRecords(records: MemoryRecords): Script {
  return (query) => {
    const answers: EncodableResource[] = [];
    let name = query.name.toLowerCase();
    for (let hop = 0; hop < 4; hop += 1) {
      const entry = records[name];
      if (typeof entry === 'string') return scriptFault(query, entry);
      if (entry === undefined) return [respond(query, { rcode: 3, answers, authorities: [soa] })];
      const { ttlSeconds: ttl = 300 } = entry;
      if (entry.CNAME === undefined) {
        answers.push(...encodeSet(name, query.type, entry, ttl));
        return [respond(query, { answers, authorities: answers.some((each) => each.type === query.type) ? [] : [soa] })];
      }
      answers.push({ name, type: 'CNAME', ttl, data: entry.CNAME });
      name = entry.CNAME;
    }
    return [respond(query, { answers })];
  };
}

const soa = {
  name: 'test',
  type: 'SOA',
  ttl: 900,
  data: { mname: 'ns.test', rname: 'hostmaster.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 300 },
};

function scriptFault(query: ScriptedQuery, fault: string): readonly Buffer[] {
  switch (fault) {
    case 'servfail':
      return [respond(query, { rcode: 2 })];
    case 'refused':
      return [respond(query, { rcode: 5 })];
    case 'malformed':
      return [respond(query, { answers: [{ name: query.name, type: 'A', ttl: 1, data: '192.0.2.1' }] }).subarray(0, -8)];
    default:
      return [];
  }
}

function encodeSet(name: string, written: string, entry: Exclude<MemoryRecords[string], string>, ttl: number): EncodableResource[] {
  const type = RECORD_TYPES.find((each) => each === written);
  const set = type === undefined ? undefined : entry[type];
  if (type === undefined || set === undefined || typeof set === 'string') return [];
  return set.map((record) => ({ name, type, ttl, data: encodeData(type, record) }));
}

function encodeData(type: RecordType, record: unknown): unknown {
  if (type === 'TXT' && typeof record === 'string') return splitString(Buffer.from(record));
  if (typeof record !== 'object' || record === null) return record;
  if ('exchange' in record) return { ...record, exchange: record.exchange === '' ? '.' : record.exchange };
  return 'data' in record && record.data instanceof Uint8Array ? { ...record, certificate: Buffer.from(record.data) } : record;
}

function splitString(octets: Buffer): Buffer[] {
  const strings: Buffer[] = [];
  for (let at = 0; at < octets.length; at += 255) strings.push(octets.subarray(at, at + 255));
  return strings;
}

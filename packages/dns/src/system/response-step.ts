import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { decodeText } from '@vratny/text';
import type { Step } from '../chain.ts';
import { type Fault, faultAnswer } from '../fault.ts';
import { NEGATIVE_TTL_MAX_SECONDS } from '../limits.ts';
import { wireName } from '../names.ts';
import type { Records, RecordType } from '../port.ts';
import type { Resource, Response } from './exchange.ts';

const NXDOMAIN = 3;

/**
 * What a response says of `name`, which is the name that was asked or one that its CNAMEs lead to. Undefined: it does not say, the
 * CNAMEs leave the answer section and the name has to be asked by itself.
 */
export function readStep<T extends RecordType>(response: Response, name: string, type: T, isAsked: boolean): Step<T> | undefined {
  const { authentic, answers } = response;
  const ofName = answers.filter((record) => record.name === name);
  const ofType = ofName.filter((record) => record.type === type);
  if (ofType.length > 0) return readFound(ofType, response, name, type);
  const alias = ofName.find((record) => record.type === 'CNAME');
  if (alias !== undefined) {
    const target = readHost(alias.data);
    return target === undefined ? unreadable(name, 'CNAME') : { kind: 'alias', target, ttlSeconds: alias.ttlSeconds, authentic };
  }
  return readNothing(response, name, isAsked);
}

function readFound<T extends RecordType>(found: readonly Resource[], response: Response, name: string, type: T): Step<T> {
  if (response.rcode === NXDOMAIN) return faultAnswer('malformed', `NXDOMAIN together with ${type} records of ${name}`);
  const records: Records[T][] = [];
  for (const record of found) {
    const data = readRecordData(type, record.data);
    if (data === undefined) return unreadable(name, type);
    records.push(data);
  }
  const ttlSeconds = found.reduce((smallest, record) => Math.min(smallest, record.ttlSeconds), Number.POSITIVE_INFINITY);
  return { kind: 'found', records, ttlSeconds, authentic: response.authentic };
}

function readNothing(response: Response, name: string, isAsked: boolean): Step<never> | undefined {
  const { authentic, authorities, rcode } = response;
  const soa = authorities.find((record) => record.type === 'SOA' && isAtOrBelow(name, record.name));
  // RFC 2308 §5: the smaller of the TTL of the SOA record and its minimum; without a SOA record a negative answer is not kept.
  const ttlSeconds = soa === undefined ? 0 : Math.min(soa.ttlSeconds, readSoaMinimum(soa.data) ?? 0, NEGATIVE_TTL_MAX_SECONDS);
  // RFC 2308 §2.1: after CNAMEs, NXDOMAIN is about the name at their end.
  if (rcode === NXDOMAIN) return { kind: 'nxdomain', ttlSeconds, authentic };
  return soa !== undefined || isAsked ? { kind: 'nodata', ttlSeconds, authentic } : undefined;
}

function unreadable(name: string, type: string): Fault {
  return faultAnswer('malformed', `unreadable ${type} record of ${name}`);
}

type Readers = { readonly [T in RecordType]: (data: unknown) => Records[T] | undefined };

const READERS: Readers = {
  A: (data) => (typeof data === 'string' && isIPv4(data) ? data : undefined),
  AAAA: (data) => (typeof data === 'string' && isIPv6(data) ? new SocketAddress({ address: data, family: 'ipv6' }).address : undefined),
  MX: readMx,
  TXT: (data) => (Array.isArray(data) && data.every((string) => Buffer.isBuffer(string)) ? decodeText(Buffer.concat(data)) : undefined),
  PTR: readHost,
  NS: readHost,
  TLSA: readTlsa,
};

/** Record data as dns-packet decoded them; undefined when they are not what the type has. */
function readRecordData<T extends RecordType>(type: T, data: unknown): Records[T] | undefined {
  return READERS[type](data);
}

/** The name in the data of a CNAME or PTR record. */
function readHost(data: unknown): string | undefined {
  return typeof data === 'string' ? wireName(data) : undefined;
}

/** The `minimum` of a SOA record, in seconds: what RFC 2308 §4 made the TTL of negative answers. */
function readSoaMinimum(data: unknown): number | undefined {
  return isObject(data) && typeof data['minimum'] === 'number' ? data['minimum'] : undefined;
}

function readMx(data: unknown): Records['MX'] | undefined {
  if (!isObject(data)) return undefined;
  const { preference, exchange } = data;
  return typeof preference === 'number' && typeof exchange === 'string' ? { preference, exchange: wireName(exchange) } : undefined;
}

function readTlsa(data: unknown): Records['TLSA'] | undefined {
  if (!isObject(data)) return undefined;
  const { usage, selector, matchingType, certificate } = data;
  if (typeof usage !== 'number' || typeof selector !== 'number' || typeof matchingType !== 'number') return undefined;
  // A copy: the buffer is a window on the whole packet and would keep it in memory.
  return Buffer.isBuffer(certificate) ? { usage, selector, matchingType, data: new Uint8Array(certificate) } : undefined;
}

function isObject(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null;
}

/** Whether a normalised name is `ancestor` or below it. */
export function isAtOrBelow(name: string, ancestor: string): boolean {
  return ancestor === '' || name === ancestor || name.endsWith(`.${ancestor}`);
}

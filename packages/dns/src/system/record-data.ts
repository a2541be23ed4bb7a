import { isIPv4, isIPv6 } from 'node:net';
import type { Records, RecordType } from '../port.ts';
import { canonicalIpv6, decodeText } from '../text.ts';
import { wireName } from './wire-name.ts';

type Readers = { readonly [T in RecordType]: (data: unknown) => Records[T] | undefined };

const READERS: Readers = {
  A: (data) => (typeof data === 'string' && isIPv4(data) ? data : undefined),
  AAAA: (data) => (typeof data === 'string' && isIPv6(data) ? canonicalIpv6(data) : undefined),
  MX: readMx,
  TXT: (data) => (Array.isArray(data) && data.every((string) => Buffer.isBuffer(string)) ? decodeText(Buffer.concat(data)) : undefined),
  PTR: readHost,
  TLSA: readTlsa,
};

/** Record data as dns-packet decoded them; undefined when they are not what the type has. */
export function readRecordData<T extends RecordType>(type: T, data: unknown): Records[T] | undefined {
  return READERS[type](data);
}

/** The name in the data of a CNAME or PTR record. */
export function readHost(data: unknown): string | undefined {
  return typeof data === 'string' ? wireName(data) : undefined;
}

/** The `minimum` of a SOA record, in seconds: what RFC 2308 §4 made the TTL of negative answers. */
export function readSoaMinimum(data: unknown): number | undefined {
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

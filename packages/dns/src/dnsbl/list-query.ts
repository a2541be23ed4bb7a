import { isIPv4, isIPv6 } from 'node:net';
import type { Cancellation } from '@vratny/waiting';
import { aaaa } from 'dns-packet';
import type { Answer, Dns } from '../port.ts';
import type { ListZone } from './port.ts';

/** What a list says of an address, and under which name; undefined for no IP address. */
export async function askAbout(
  ip: string,
  { zone, codes }: ListZone,
  dns: Pick<Dns, 'lookup'>,
  signal: Cancellation,
): Promise<{ readonly name: string; readonly reading: ListReading } | undefined> {
  const name = queryName(ip, zone);
  return name === undefined ? undefined : { name, reading: readListAnswer(await dns.lookup(name, 'A', { signal }), codes) };
}

/** Octets before the address in what dns-packet encodes. */
const RDLENGTH = 2;

/** The name under which a list keeps an address: octets, or nibbles, in reverse (RFC 5782 §2.1 and §2.4). Undefined for no IP address. */
export function queryName(ip: string, zone: string): string | undefined {
  if (isIPv4(ip)) return `${ip.split('.').toReversed().join('.')}.${zone}`;
  const [address = ''] = ip.split('%');
  if (!isIPv6(address)) return undefined;
  const octets = aaaa.encode(address).subarray(RDLENGTH);
  return `${[...octets].flatMap(nibbles).toReversed().join('.')}.${zone}`;
}

function nibbles(octet: number): readonly string[] {
  return [(octet >> 4).toString(16), (octet & 15).toString(16)];
}

/**
 * What an answer of a list means. `fault`: the list is not well, whatever it says about the client: a code for blocked resolvers
 * (127.255.255.0/24), an address outside 127.0.0.0/8 (somebody answers in its place), or no answer.
 */
export type ListReading =
  | { readonly kind: 'listed'; readonly codes: readonly string[] }
  | { readonly kind: 'not-listed'; readonly otherCodes: readonly string[] }
  | { readonly kind: 'fault'; readonly detail: string };

/** Reads the A records of a list (RFC 5782 §2.3): only the codes that the site counts are listings. */
export function readListAnswer(answer: Answer<'A'>, counted: readonly string[]): ListReading {
  if (answer.kind === 'fault') return { kind: 'fault', detail: answer.fault };
  if (answer.kind !== 'found') return { kind: 'not-listed', otherCodes: [] };
  const wrong = answer.records.find((code) => code.startsWith('127.255.255.') || !code.startsWith('127.'));
  if (wrong !== undefined) return { kind: 'fault', detail: `it answers ${wrong}, which no listing is` };
  const codes = answer.records.filter((code) => counted.includes(code));
  return codes.length > 0 ? { kind: 'listed', codes } : { kind: 'not-listed', otherCodes: answer.records };
}

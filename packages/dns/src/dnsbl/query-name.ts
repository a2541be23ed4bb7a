import { isIPv4, isIPv6 } from 'node:net';
import { aaaa } from 'dns-packet';

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

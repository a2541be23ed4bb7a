import { SocketAddress } from 'node:net';
import type { RecordType } from './port.ts';

/** Every type that can be asked for. The object makes the compiler complain when one is missing. */
const LISTED: { readonly [T in RecordType]: T } = { A: 'A', AAAA: 'AAAA', MX: 'MX', TXT: 'TXT', PTR: 'PTR', TLSA: 'TLSA' };

/** Every type that can be asked for. */
export const RECORD_TYPES: readonly RecordType[] = Object.values(LISTED);

/** Whether a word is such a type. */
export function isRecordType(word: string): word is RecordType {
  return Object.hasOwn(LISTED, word);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Octets of a TXT record as text: UTF-8, or Latin-1 when they are not UTF-8, so that no octet is lost and nothing throws. */
export function decodeText(octets: Uint8Array): string {
  try {
    return utf8.decode(octets);
  } catch {
    return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
  }
}

/** An IPv6 address in the one form we compare (RFC 5952). The argument must be an address. */
export function canonicalIpv6(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

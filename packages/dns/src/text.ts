import { SocketAddress } from 'node:net';

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

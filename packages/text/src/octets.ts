import { isUtf8 } from 'node:buffer';

/**
 * Octets of unknown charset as text: UTF-8, or Latin-1 when they are not UTF-8, so that no octet is lost and nothing
 * throws.
 */
export function decodeText(octets: Uint8Array): string {
  const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

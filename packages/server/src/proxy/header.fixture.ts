import { crc32c } from './read-header.ts';

/**
 * A header of version 2: `command` with the version in its high four bits, `family` with the protocol in its low ones.
 */
export function header2(command: number, family: number, ...parts: readonly Uint8Array[]): Buffer {
  const block = Buffer.concat(parts);
  const fixed = Buffer.from([...Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), command, family, 0, 0]);
  fixed.writeUInt16BE(block.length, 14);
  return Buffer.concat([fixed, block]);
}

/** Addresses and ports over IPv4. */
export function ipv4(source: string, destination: string, sourcePort: number, destinationPort: number): Buffer {
  const addresses = [...source.split('.'), ...destination.split('.')].map(Number);
  return Buffer.from([...addresses, sourcePort >> 8, sourcePort & 0xff, destinationPort >> 8, destinationPort & 0xff]);
}

/** Addresses and ports over IPv6: the source's 32 hexadecimal digits, to ::1 and port 25. */
export function ipv6(source: string, sourcePort: number): Buffer {
  const ports = Buffer.from([sourcePort >> 8, sourcePort & 0xff, 0, 25]);
  return Buffer.concat([Buffer.from(source, 'hex'), Buffer.alloc(15), Buffer.from([1]), ports]);
}

/** An extension: type, length, value. */
export function extension(type: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value]);
}

/** The header with its last four octets, which are those of a checksum, filled in. */
export function withChecksum(header: Buffer): Buffer {
  const filled = Buffer.from(header);
  filled.writeUInt32BE(crc32c(header), header.length - 4);
  return filled;
}

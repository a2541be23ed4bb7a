const HEADER_OCTETS = 12;
/** Type, class, TTL and length of the data (RFC 1035 §4.1.3). */
const FIXED_OCTETS = 10;

/** The header of a message (RFC 1035 §4.1.1). */
export interface Header {
  readonly id: number;
  readonly isResponse: boolean;
  readonly opcode: number;
  readonly rcode: number;
  readonly additionals: number;
}

/** Reads it. @throws RangeError for less than twelve octets */
export function readHeader(message: Buffer): Header {
  if (message.length < HEADER_OCTETS) throw new RangeError('the message is cut');
  const flags = message.readUInt16BE(2);
  return {
    id: message.readUInt16BE(0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 0xf,
    rcode: flags & 0xf,
    additionals: message.readUInt16BE(10),
  };
}

/** Where a name that starts here ends. A pointer is its end (RFC 1035 §4.1.4). @throws RangeError for a message that is cut */
export function endOfName(message: Buffer, start: number): number {
  for (let at = start; ; ) {
    const length = message.readUInt8(at);
    if (length === 0) return at + 1;
    if ((length & 0xc0) === 0xc0) return at + 2;
    at += 1 + length;
  }
}

/** Where the additional record with this number starts, behind all that comes before. @throws RangeError for a message that is cut */
export function skipSections(message: Buffer, additionals: number): number {
  let at = HEADER_OCTETS;
  for (let question = message.readUInt16BE(4); question > 0; question -= 1) at = endOfName(message, at) + 4;
  for (let record = message.readUInt16BE(6) + message.readUInt16BE(8) + additionals; record > 0; record -= 1) {
    const fixed = endOfName(message, at);
    at = fixed + FIXED_OCTETS + message.readUInt16BE(fixed + FIXED_OCTETS - 2);
  }
  return at;
}

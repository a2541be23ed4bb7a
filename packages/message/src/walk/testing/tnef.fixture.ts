/** Writes TNEF as Outlook does, for tests. */

/** One attribute of the attachment level. */
export function attribute(id: number, data: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head[0] = 2;
  head.writeUInt32LE(id, 1);
  head.writeUInt32LE(data.length, 5);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(data.reduce((all, octet) => (all + octet) & 0xffff, 0));
  return Buffer.concat([head, data, sum]);
}

export const RENDER = 0x00069002;
export const DATA = 0x0006800f;
export const TITLE = 0x00018010;
export const PROPERTIES = 0x00069005;

export function tnef(...attributes: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from('789f3e220100', 'hex'), ...attributes]);
}

/** A property with one value of variable length. */
export function property(type: number, id: number, value: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(type, 0);
  head.writeUInt16LE(id, 2);
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(value.length, 8);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** A property with a number. */
export function long(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(3, 0);
  bytes.writeUInt16LE(id, 2);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}

export function properties(...list: readonly Buffer[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(list.length);
  return Buffer.concat([count, ...list]);
}

export const unicode = (text: string) => Buffer.from(`${text}\0`, 'utf16le');
export const ascii = (text: string) => Buffer.from(`${text}\0`, 'latin1');
/** A message inside: the identifier of its interface, then TNEF again. */
export const embedded = (stream: Buffer) => Buffer.concat([Buffer.from('0703020000000000c000000000000046', 'hex'), stream]);

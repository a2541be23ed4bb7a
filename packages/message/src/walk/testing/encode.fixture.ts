/** Writers of old formats, for tests: the smallest that real readers accept. */

export function uuencode(bytes: Buffer, name: string): string {
  const rows: string[] = [`begin 644 ${name}`];
  for (let at = 0; at < bytes.length; at += 45) {
    const row = bytes.subarray(at, at + 45);
    const padded = Buffer.concat([row, Buffer.alloc((3 - (row.length % 3)) % 3)]);
    let text = uuDigit(row.length);
    for (let i = 0; i < padded.length; i += 3) {
      const group = padded.readUIntBE(i, 3);
      for (const shift of [18, 12, 6, 0]) text += uuDigit((group >> shift) & 63);
    }
    rows.push(text);
  }
  return [...rows, '`', 'end'].join('\r\n');
}

function uuDigit(value: number): string {
  return value === 0 ? '`' : String.fromCharCode(value + 0x20);
}

export function yencode(bytes: Buffer, name: string): Buffer {
  const octets: number[] = [];
  for (const octet of bytes) {
    const moved = (octet + 42) & 0xff;
    if (moved === 0 || moved === 10 || moved === 13 || moved === 61) octets.push(61, (moved + 64) & 0xff);
    else octets.push(moved);
  }
  const head = Buffer.from(`=ybegin line=128 size=${bytes.length} name=${name}\r\n`, 'latin1');
  return Buffer.concat([head, Buffer.from(octets), Buffer.from(`\r\n=yend size=${bytes.length}\r\n`)]);
}

const BINHEX = '!"#$%&\'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr';

export function binhex(data: Buffer, name: string): string {
  const head = Buffer.alloc(1 + 4 + 4 + 2 + 4 + 4 + 2);
  head.writeUInt32BE(data.length, 11);
  const octets = Buffer.concat([Buffer.from([name.length]), Buffer.from(name), head, data, Buffer.alloc(2)]);
  const escaped = Buffer.from([...octets].flatMap((octet) => (octet === 0x90 ? [0x90, 0] : [octet])));
  let text = '';
  let bits = 0;
  let count = 0;
  for (const octet of escaped) {
    bits = ((bits << 8) | octet) & 0xffff;
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += BINHEX.charAt((bits >> count) & 63);
    }
  }
  if (count > 0) text += BINHEX.charAt((bits << (6 - count)) & 63);
  const rows = `:${text}:`.match(/.{1,64}/gu) ?? [];
  return ['(This file must be converted with BinHex 4.0)', '', ...rows].join('\r\n');
}

/** One DER element. */
export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([Buffer.from([tag, 0x84]), length, content]);
}

/** The same with indefinite length. */
export function ber(tag: number, ...contents: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x80]), ...contents, Buffer.alloc(2)]);
}

const SIGNED_DATA = Buffer.from('06092a864886f70d010702', 'hex');
export const ENVELOPED_DATA = Buffer.from('06092a864886f70d010703', 'hex');
const DATA = Buffer.from('06092a864886f70d010701', 'hex');
const VERSION = Buffer.from('020101', 'hex');

/** SignedData around an octet string element, in definite or indefinite form. */
export function signedData(octetString: Buffer | undefined, form: typeof der = der): Buffer {
  const encapsulated = octetString === undefined ? form(0x30, DATA) : form(0x30, DATA, form(0xa0, octetString));
  return form(0x30, SIGNED_DATA, form(0xa0, form(0x30, VERSION, form(0x31), encapsulated, der(0x31))));
}

/** AppleDouble with a name, AppleSingle with a name and a data fork. */
export function apple(name: string, data?: Buffer): Buffer {
  const entries = data === undefined ? 1 : 2;
  const head = Buffer.alloc(26 + entries * 12);
  head.writeUInt32BE(data === undefined ? 0x00051607 : 0x00051600, 0);
  head.writeUInt32BE(0x00020000, 4);
  head.writeUInt16BE(entries, 24);
  head.writeUInt32BE(3, 26);
  head.writeUInt32BE(head.length, 30);
  head.writeUInt32BE(name.length, 34);
  if (data === undefined) return Buffer.concat([head, Buffer.from(name)]);
  head.writeUInt32BE(1, 38);
  head.writeUInt32BE(head.length + name.length, 42);
  head.writeUInt32BE(data.length, 46);
  return Buffer.concat([head, Buffer.from(name), data]);
}

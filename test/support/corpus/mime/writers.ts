import { deflateSync } from 'node:zlib';

/** Writers of what mail carried before MIME and beside it: the smallest that real readers accept. */

/** A uuencoded file (POSIX). */
export function uuencode(bytes: Buffer, name: string, begin = 'begin 644'): string {
  const digit = (value: number) => (value === 0 ? '`' : String.fromCharCode(value + 0x20));
  const rows: string[] = [`${begin} ${name}`];
  for (let at = 0; at < bytes.length; at += 45) {
    const row = bytes.subarray(at, at + 45);
    let text = digit(row.length);
    for (let i = 0; i < row.length; i += 3) {
      const group = ((row[i] ?? 0) << 16) | ((row[i + 1] ?? 0) << 8) | (row[i + 2] ?? 0);
      text += digit((group >> 18) & 63) + digit((group >> 12) & 63) + digit((group >> 6) & 63) + digit(group & 63);
    }
    rows.push(text);
  }
  return [...rows, '`', 'end'].join('\r\n');
}

/** A yEnc file, single part. */
export function yencode(bytes: Buffer, name: string): Buffer {
  const octets = [...bytes].flatMap((octet) => {
    const moved = (octet + 42) & 0xff;
    return [0, 10, 13, 61].includes(moved) ? [61, (moved + 64) & 0xff] : [moved];
  });
  const head = Buffer.from(`=ybegin line=256 size=${bytes.length} name=${name}\r\n`, 'latin1');
  return Buffer.concat([head, Buffer.from(octets), Buffer.from(`\r\n=yend size=${bytes.length}\r\n`)]);
}

const BINHEX = '!"#$%&\'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr';

/** BinHex 4.0 (RFC 1741), without checksums. */
export function binhex(data: Buffer, name: string): string {
  const head = Buffer.alloc(21);
  head.writeUInt32BE(data.length, 11);
  const octets = Buffer.concat([Buffer.from([name.length]), Buffer.from(name), head, data, Buffer.alloc(2)]);
  const escaped = [...octets].flatMap((octet) => (octet === 0x90 ? [0x90, 0] : [octet]));
  const bits = escaped.map((octet) => octet.toString(2).padStart(8, '0')).join('');
  const digits = (bits.match(/.{1,6}/gu) ?? []).map((six) => BINHEX.charAt(Number.parseInt(six.padEnd(6, '0'), 2)));
  return ['(This file must be converted with BinHex 4.0)', '', ...(`:${digits.join('')}:`.match(/.{1,64}/gu) ?? [])].join('\r\n');
}

const LEVEL_ATTACHMENT = 2;

/** One attribute of TNEF (MS-OXTNEF 2.1.3). */
function attribute(id: number, data: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head[0] = LEVEL_ATTACHMENT;
  head.writeUInt32LE(id, 1);
  head.writeUInt32LE(data.length, 5);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(data.reduce((all, octet) => (all + octet) & 0xffff, 0));
  return Buffer.concat([head, data, sum]);
}

/** `winmail.dat` with files, as Outlook writes it. `long` puts the name into a MAPI property, the title being a short one. */
export function tnef(files: readonly { readonly name: string; readonly data: Buffer; readonly long?: string }[]): Buffer {
  const attributes = files.flatMap(({ name, data, long }) => [
    attribute(0x00069002, Buffer.alloc(14)),
    attribute(0x00018010, Buffer.from(`${name}\0`, 'latin1')),
    attribute(0x0006800f, data),
    ...(long === undefined ? [] : [attribute(0x00069005, longFilename(long))]),
  ]);
  return Buffer.concat([Buffer.from('789f3e220100', 'hex'), ...attributes]);
}

/** PR_ATTACH_LONG_FILENAME as the only property, in UTF-16. */
function longFilename(name: string): Buffer {
  const value = Buffer.from(`${name}\0`, 'utf16le');
  const head = Buffer.alloc(16);
  head.writeUInt32LE(1, 0);
  head.writeUInt16LE(0x1f, 4);
  head.writeUInt16LE(0x3707, 6);
  head.writeUInt32LE(1, 8);
  head.writeUInt32LE(value.length, 12);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** AppleSingle with a data fork (RFC 1740), or AppleDouble's header file without one. */
export function apple(name: string, data?: Buffer): Buffer {
  const entries = [[3, Buffer.from(name)] as const, ...(data === undefined ? [] : [[1, data] as const])];
  const head = Buffer.alloc(26 + entries.length * 12);
  head.writeUInt32BE(data === undefined ? 0x00051607 : 0x00051600, 0);
  head.writeUInt32BE(0x00020000, 4);
  head.writeUInt16BE(entries.length, 24);
  let at = head.length;
  for (const [index, [id, content]] of entries.entries()) {
    head.writeUInt32BE(id, 26 + index * 12);
    head.writeUInt32BE(at, 30 + index * 12);
    head.writeUInt32BE(content.length, 34 + index * 12);
    at += content.length;
  }
  return Buffer.concat([head, ...entries.map(([, content]) => content)]);
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return content.length < 0x80
    ? Buffer.concat([Buffer.from([tag, content.length]), content])
    : Buffer.concat([Buffer.from([tag, 0x84]), length, content]);
}

/** CMS SignedData around content (RFC 5652 §5.1), without signers: readers show the content all the same. */
export function signedData(content: Buffer): Buffer {
  const inner = der(0x30, Buffer.from('06092a864886f70d010701', 'hex'), der(0xa0, der(0x04, content)));
  return der(
    0x30,
    Buffer.from('06092a864886f70d010702', 'hex'),
    der(0xa0, der(0x30, Buffer.from('020101', 'hex'), der(0x31), inner, der(0x31))),
  );
}

/** CMS CompressedData around content (RFC 3274). */
export function compressedData(content: Buffer): Buffer {
  const inner = der(0x30, Buffer.from('060b2a864886f70d0109100101', 'hex'), der(0xa0, der(0x04, deflateSync(content))));
  const zlib = der(0x30, Buffer.from('060b2a864886f70d0109100308', 'hex'));
  return der(0x30, Buffer.from('060b2a864886f70d0109100109', 'hex'), der(0xa0, der(0x30, Buffer.from('020100', 'hex'), zlib, inner)));
}

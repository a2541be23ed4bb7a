import { crc32, deflateRawSync } from 'node:zlib';

/** One file of a zip archive. What is left out is as an honest archiver writes it. */
export interface ZipFile {
  readonly name: string;
  readonly data: Buffer;
  /** The name in the central directory, when it differs from the one in front of the data. */
  readonly centralName?: string;
  /** The name in Info-ZIP's Unicode field of both headers. */
  readonly unicodeName?: string;
  readonly stored?: boolean;
  /** Only the flag: nobody here has the password. */
  readonly encrypted?: boolean;
  /** Sizes and offset in zip64 fields. */
  readonly zip64?: boolean;
  /** The sizes stand behind the data. */
  readonly descriptor?: boolean;
  /** Left out of the central directory. */
  readonly unlisted?: boolean;
  /** Overrides the method number. */
  readonly method?: number;
  /** Overrides the unpacked size that is declared. */
  readonly declaredBytes?: number;
}

/** The pieces of a zip archive (APPNOTE 4.3.6): entries, central directory, end record. */
export interface ZipPieces {
  readonly locals: Buffer;
  readonly central: Buffer;
  readonly end: Buffer;
}

const number = (size: 2 | 4, value: number) => {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
};
const u16 = (value: number) => number(2, value);
const u32 = (value: number) => number(4, value);
const u64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

interface Packed {
  readonly file: ZipFile;
  readonly body: Buffer;
  readonly crc: number;
  readonly offset: number;
}

/** A field of either header: version, flags, method, time, checksum, sizes. */
function shared({ file, body, crc }: Packed, central: boolean): Buffer {
  const flags = (file.encrypted === true ? 1 : 0) | (file.descriptor === true ? 8 : 0) | 0x800;
  const later = file.descriptor === true && !central;
  const method = file.method ?? (file.stored === true ? 0 : 8);
  const sizes =
    file.zip64 === true
      ? [u32(0xffffffff), u32(0xffffffff)]
      : [u32(later ? 0 : body.length), u32(later ? 0 : (file.declaredBytes ?? file.data.length))];
  return Buffer.concat([u16(20), u16(flags), u16(method), u32(0x5c210000), u32(later ? 0 : crc), ...sizes]);
}

function extraOf({ file, body, offset }: Packed, name: string, central: boolean): Buffer {
  const unicode = Buffer.from(file.unicodeName ?? '');
  const zip64 = [u64(file.data.length), u64(body.length), ...(central ? [u64(offset)] : [])];
  return Buffer.concat([
    ...(file.zip64 === true ? [u16(1), u16(central ? 24 : 16), ...zip64] : []),
    ...(file.unicodeName === undefined ? [] : [u16(0x7075), u16(5 + unicode.length), Buffer.from([1]), u32(crc32(name)), unicode]),
  ]);
}

function local(packed: Packed): Buffer {
  const { file, body, crc } = packed;
  const name = Buffer.from(file.name);
  const extra = extraOf(packed, file.name, false);
  const descriptor = file.descriptor === true ? [u32(0x08074b50), u32(crc), u32(body.length), u32(file.data.length)] : [];
  return Buffer.concat([u32(0x04034b50), shared(packed, false), u16(name.length), u16(extra.length), name, extra, body, ...descriptor]);
}

function listed(packed: Packed): Buffer {
  const { file, offset } = packed;
  const called = file.centralName ?? file.name;
  const name = Buffer.from(called);
  const extra = extraOf(packed, called, true);
  const place = u32(file.zip64 === true ? 0xffffffff : offset);
  const head = [u32(0x02014b50), u16(20), shared(packed, true), u16(name.length), u16(extra.length)];
  return Buffer.concat([...head, u16(0), u16(0), u16(0), u32(0), place, name, extra]);
}

/** The pieces of an archive that begins `start` bytes into the file, as far as its offsets say. */
export function zipPieces(files: readonly ZipFile[], { start = 0, comment = '' } = {}): ZipPieces {
  let offset = start;
  const packed = files.map((file) => {
    const body = file.stored === true ? file.data : deflateRawSync(file.data);
    const one: Packed = { file, body, crc: crc32(file.data), offset };
    const bytes = local(one);
    offset += bytes.length;
    return { one, bytes };
  });
  const shown = packed.filter(({ one }) => one.file.unlisted !== true);
  const central = Buffer.concat(shown.map(({ one }) => listed(one)));
  const count = u16(Math.min(shown.length, 0xffff));
  const end = Buffer.concat([
    u32(0x06054b50),
    u16(0),
    u16(0),
    count,
    count,
    u32(central.length),
    u32(offset),
    u16(comment.length),
    Buffer.from(comment),
  ]);
  return { locals: Buffer.concat(packed.map(({ bytes }) => bytes)), central, end };
}

/** An archive as an honest archiver writes it. */
export function zip(...files: readonly ZipFile[]): Buffer {
  const { locals, central, end } = zipPieces(files);
  return Buffer.concat([locals, central, end]);
}

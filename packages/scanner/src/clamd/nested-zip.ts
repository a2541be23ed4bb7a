import { crc32 } from 'node:zlib';

const NAME = Buffer.from('a', 'latin1');
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** 1980-01-01, the first day that a zip can name. */
const DATE = 0x21;

/** A zip in a zip in a zip, `depth` times, without compression (APPNOTE.TXT 4.3): about 110 octets for each. */
export function nestedZip(depth: number): Buffer {
  let file: Buffer = Buffer.from('nothing', 'latin1');
  for (let level = 0; level < depth; level += 1) file = zipOf(file);
  return file;
}

function zipOf(file: Buffer): Buffer {
  // What local and central headers share: version, flags, method, time, date, CRC, both sizes, the lengths of name and extra field.
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(10, 0);
  shared.writeUInt16LE(DATE, 8);
  shared.writeUInt32LE(crc32(file), 10);
  shared.writeUInt32LE(file.length, 14);
  shared.writeUInt32LE(file.length, 18);
  shared.writeUInt16LE(NAME.length, 22);
  const local = Buffer.concat([word(LOCAL), shared, NAME, file]);
  // The central one has "made by" before, and comment, disk, attributes and offset after it.
  const central = Buffer.concat([word(CENTRAL), Buffer.from([10, 0]), shared, Buffer.alloc(14), NAME]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, word(END), end]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

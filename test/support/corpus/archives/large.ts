import { zip, zipPieces } from './zip.ts';

const u16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};

/** A zip of so many empty files with harmless names. */
export function zipOfNames(count: number): Buffer {
  return zip(...Array.from({ length: count }, (_, index) => ({ name: `folder/file-${index}.txt`, data: Buffer.alloc(0), stored: true })));
}

/** Zips in zips, `width` of them in each, with zeros in the innermost: `width ** depth` files, as 42.zip is made. */
export function zipTree(width: number, depth: number, zerosBytes: number): Buffer {
  let inner = zip({ name: 'zeros.txt', data: Buffer.alloc(zerosBytes) });
  for (let level = 0; level < depth; level += 1) {
    const called = level;
    const content = inner;
    inner = zip(...Array.from({ length: width }, (_, index) => ({ name: `level-${called}-${index}.zip`, data: content })));
  }
  return inner;
}

/** A zip whose members unpack to `totalBytes` of zeros: the same 64 MiB again and again, each with data of its own. */
export function zerosZip(totalBytes: number): Buffer {
  const MEMBER_BYTES = 64 * 1024 * 1024;
  const member = Buffer.alloc(MEMBER_BYTES);
  const { locals, central, end } = zipPieces([{ name: 'zeros-0.txt', data: member }]);
  const count = Math.ceil(totalBytes / MEMBER_BYTES);
  const places: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const one = Buffer.from(central);
    one.writeUInt32LE(locals.length * index, 42);
    one.write(`zeros-${index % 10}.txt`, 46, 'latin1');
    places.push(one);
  }
  const directory = Buffer.concat(places);
  const last = Buffer.from(end);
  u16(count).copy(last, 8);
  u16(count).copy(last, 10);
  last.writeUInt32LE(directory.length, 12);
  last.writeUInt32LE(locals.length * count, 16);
  return Buffer.concat([...Array.from({ length: count }, () => locals), directory, last]);
}

import { type Bytes, sliceBytes } from '../bytes.ts';
import { addImpliedNames } from '../member-name.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, type OpenArchive, signAt } from './format.ts';

const EXTENSIONS = ['lz'];
/** Sign, version, size of the dictionary. */
const HEADER_BYTES = 6;
const DICTIONARY_AT = 5;
/** Checksum, size of the content, size of the member. */
const TRAILER_BYTES = 20;

/**
 * lzip: an LZMA stream with its own header and trailer. 7-Zip reads it with the header of an old lzma file. Only the
 * last of several members can be located, so an archive with more members is reported as damaged.
 */
export const lzip: Format = {
  kind: 'lzip',
  extensions: EXTENSIONS,
  find: signAt('LZIP\x01'),
  async read(archive) {
    if (!isOneMember(archive.bytes)) archive.problem('unsupported');
    const impliedAs = addImpliedNames(archive, EXTENSIONS);
    await readWithSevenZip(withBytes(archive, asLzma(archive.bytes)), { type: 'lzma', impliedName: impliedAs });
  },
};

function isOneMember(bytes: Bytes): boolean {
  const trailer = bytes.read(bytes.sizeBytes - TRAILER_BYTES, bytes.sizeBytes);
  return trailer.length === TRAILER_BYTES && trailer.readBigUInt64LE(12) === BigInt(bytes.sizeBytes);
}

/** lc 3, lp 0, pb 2; the size of the dictionary; the size of the content, unknown: the stream has an end marker. */
function asLzma(bytes: Bytes): Bytes {
  const coded = bytes.read(DICTIONARY_AT, HEADER_BYTES)[0] ?? 0;
  const head = Buffer.alloc(13, 0xff);
  head[0] = 0x5d;
  // Five bits are the exponent. Three more reduce the size; 7-Zip accepts no such size in an old lzma file, so the
  // larger power of two is used.
  head.writeUInt32LE(2 ** (coded & 0x1f), 1);
  const body = sliceBytes(bytes, HEADER_BYTES, bytes.sizeBytes - TRAILER_BYTES);
  return {
    sizeBytes: head.length + body.sizeBytes,
    read: (start, end) =>
      Buffer.concat([
        head.subarray(Math.max(0, start), Math.max(0, end)),
        body.read(Math.max(0, start - head.length), Math.max(0, end - head.length)),
      ]),
  };
}

/** The same archive on other bytes, for a reader that needs another header. */
function withBytes(archive: OpenArchive, bytes: Bytes): OpenArchive {
  return {
    ...archive,
    bytes,
    get stopped() {
      return archive.stopped;
    },
    get full() {
      return archive.full;
    },
  };
}

import { createInflateRaw, createZstdDecompress, inflateRawSync } from 'node:zlib';
import type { Bytes } from '../bytes.ts';
import type { Entry, OpenArchive } from '../formats/format.ts';
import { unpackStream } from '../formats/stream.ts';

/** Methods (APPNOTE §4.4.5). */
export const STORED = 0;
const DEFLATED = 8;
const ZSTANDARD = 93;
/** Smaller members are unpacked in one call, which takes 5 µs; a stream takes 100 µs. */
const SMALL_BYTES = 64 * 1024;
const SMALL_UNPACKED_BYTES = 1024 * 1024;

/** Whether `unpackMember` implements a method. */
export function isNative(method: number): boolean {
  return method === STORED || method === DEFLATED || method === ZSTANDARD;
}

/** A member that is to be unpacked. */
export interface Packed {
  readonly entry: Entry;
  readonly data: Bytes;
  readonly method: number;
  /** As declared. */
  readonly unpackedBytes: number;
}

/** Unpacks a member and offers it to the archive; false when it is damaged. */
export async function unpackMember(archive: OpenArchive, packed: Packed): Promise<boolean> {
  const { data, method, entry } = packed;
  if (method === DEFLATED && data.sizeBytes <= SMALL_BYTES && packed.unpackedBytes < SMALL_UNPACKED_BYTES) {
    const whole = inflateSmall(data.read(0, data.sizeBytes), packed.unpackedBytes);
    if (whole === undefined) return false;
    if (whole !== 'large') {
      archive.unpacked(entry, whole);
      return true;
    }
  }
  const keeper = archive.keep(entry);
  const end = await unpackStream(data, method === DEFLATED ? createInflateRaw() : createZstdDecompress(), keeper);
  keeper.end();
  return end !== 'error';
}

function inflateSmall(data: Buffer, unpackedBytes: number): Buffer | 'large' | undefined {
  try {
    // One octet more than declared, so that zlib sees the end without a second buffer.
    const chunkSize = Math.max(64, unpackedBytes + 1);
    return inflateRawSync(data, { chunkSize, maxOutputLength: SMALL_UNPACKED_BYTES });
  } catch (error) {
    // It is larger than declared, so it is unpacked in pieces.
    return error instanceof RangeError ? 'large' : undefined;
  }
}

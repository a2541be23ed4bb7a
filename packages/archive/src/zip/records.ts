import { isUtf8 } from 'node:buffer';
import { getFileNameLowLevel } from 'yauzl';
import type { Bytes } from '../bytes.ts';

/** The fields that both kinds of headers have. */
interface ZipHeader {
  readonly flags: number;
  readonly method: number;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** As stored. */
  readonly rawName: Buffer;
  readonly names: readonly string[];
}

/** A local header, which precedes the data (APPNOTE §4.3.7). */
export interface LocalHeader extends ZipHeader {
  readonly start: number;
  readonly dataStart: number;
}

/** A header of a central directory (APPNOTE §4.3.12). */
export interface CentralHeader extends ZipHeader {
  /** As stored: relative to the beginning of the archive. */
  readonly localOffset: number;
  readonly lengthBytes: number;
}

/** General purpose bits (APPNOTE §4.4.4). */
export const ENCRYPTED = 0x0001;
export const SIZES_BEHIND = 0x0008;
export const MASKED = 0x2000;

export const LOCAL_SIGN = Buffer.from('PK\x03\x04', 'latin1');
export const CENTRAL_SIGN = Buffer.from('PK\x01\x02', 'latin1');
export const LOCAL_BYTES = 30;
export const CENTRAL_BYTES = 46;
export const END_BYTES = 22;

const LOCAL_NUMBER = LOCAL_SIGN.readUInt32LE(0);
const CENTRAL_NUMBER = CENTRAL_SIGN.readUInt32LE(0);
const MAX_32 = 0xffff_ffff;
/** The highest method number in use is 99; a header with a higher one is not valid. */
const METHOD_MAX = 99;

/**
 * Reads the local header at `start`; undefined when there is none. `central`: the header that it should agree with;
 * then its names are shared.
 */
export function readLocalHeader(bytes: Bytes, start: number, central?: CentralHeader): LocalHeader | undefined {
  const fixed = bytes.read(start, start + LOCAL_BYTES);
  if (fixed.length < LOCAL_BYTES || fixed.readUInt32LE(0) !== LOCAL_NUMBER) return undefined;
  const nameEnd = start + LOCAL_BYTES + fixed.readUInt16LE(26);
  const dataStart = nameEnd + fixed.readUInt16LE(28);
  const flags = fixed.readUInt16LE(6);
  const method = fixed.readUInt16LE(8);
  // Checked first, because it is cheap: most places with the signature are no headers.
  if (nameEnd === start + LOCAL_BYTES || method > METHOD_MAX || dataStart > bytes.sizeBytes) return undefined;
  const rawName = bytes.read(start + LOCAL_BYTES, nameEnd);
  const extras = readExtras(bytes.read(nameEnd, dataStart));
  const sizes = wide([fixed.readUInt32LE(22), fixed.readUInt32LE(18)], extras);
  const [unpackedBytes = 0, packedBytes = 0] = sizes;
  const same = central !== undefined && extras.unicodePaths.length === 0 && central.rawName.equals(rawName) && central.flags === flags;
  const names = same && central.names.length === 1 ? central.names : namesOf(rawName, flags, extras);
  return { start, dataStart, flags, method, packedBytes, unpackedBytes, rawName, names };
}

/** Reads the central header at `at` of `directory`; undefined when there is none. */
export function readCentralHeader(directory: Buffer, at: number): CentralHeader | undefined {
  if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== CENTRAL_NUMBER) return undefined;
  const nameEnd = at + CENTRAL_BYTES + directory.readUInt16LE(at + 28);
  const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
  const end = extraEnd + directory.readUInt16LE(at + 32);
  const method = directory.readUInt16LE(at + 10);
  if (end > directory.length || method > METHOD_MAX) return undefined;
  const rawName = directory.subarray(at + CENTRAL_BYTES, nameEnd);
  const extras = readExtras(directory.subarray(nameEnd, extraEnd));
  const flags = directory.readUInt16LE(at + 8);
  const stored = [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)];
  const [unpackedBytes = 0, packedBytes = 0, localOffset = 0] = wide(stored, extras);
  return {
    flags,
    method,
    packedBytes,
    unpackedBytes,
    localOffset,
    lengthBytes: end - at,
    rawName,
    names: namesOf(rawName, flags, extras),
  };
}

/** The zip64 field contains the values that do not fit into 32 bits, in order, and no others (APPNOTE §4.5.3). */
function wide(values: readonly number[], { zip64: field }: Extras): readonly number[] {
  if (field === undefined) return values;
  let at = 0;
  return values.map((value) => {
    if (value !== MAX_32 || at + 8 > field.length) return value;
    const real = field.readBigUInt64LE(at);
    at += 8;
    return real > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(real);
  });
}

const UTF8_FLAG = 0x0800;
const UNICODE_PATH = 0x7075;
/** Version and checksum precede the name (APPNOTE §4.6.9). */
const UNICODE_PATH_AT = 5;

/** Sizes and offsets that do not fit into 32 bits (APPNOTE §4.5.3). */
const ZIP64 = 0x0001;
/**
 * A valid header has one. If there are more, unpackers differ in which one they use: the first ones and the last are
 * read.
 */
const UNICODE_PATHS_MAX = 8;

/** The extra fields that are used. */
interface Extras {
  readonly zip64: Buffer | undefined;
  /** As stored: version and checksum before each. */
  readonly unicodePaths: readonly Buffer[];
}

const NO_EXTRAS: Extras = { zip64: undefined, unicodePaths: [] };

/**
 * Reads extra fields. Incomplete fields are ignored, since programs use them as padding. Other fields than the two are
 * not kept, since a header may have 16,000 of them.
 */
function readExtras(extra: Buffer): Extras {
  let found = NO_EXTRAS;
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) break;
    const id = extra.readUInt16LE(at);
    const { zip64, unicodePaths } = found;
    if (id === ZIP64) found = { zip64: zip64 ?? extra.subarray(at + 4, end), unicodePaths };
    else if (id === UNICODE_PATH) {
      found = { zip64, unicodePaths: [...unicodePaths.slice(0, UNICODE_PATHS_MAX - 1), extra.subarray(at + 4, end)] };
    }
    at = end;
  }
  return found;
}

/**
 * All names of a member in a header, the stored one first. The Unicode path counts even if its checksum is wrong,
 * because not all unpackers check it.
 */
function namesOf(raw: Buffer, flags: number, { unicodePaths }: Extras): readonly string[] {
  const stored = decode(raw, flags);
  if (unicodePaths.length === 0) return [stored];
  const paths = unicodePaths.filter((one) => one.length > UNICODE_PATH_AT).map((one) => one.toString('utf8', UNICODE_PATH_AT));
  return [...new Set([stored, ...paths])];
}

/**
 * APPNOTE §4.4.4, bit 11. Without it the name is in code page 437 by the specification, and in practice often in UTF-8.
 */
function decode(raw: Buffer, flags: number): string {
  if ((flags & UTF8_FLAG) !== 0 || isUtf8(raw)) return raw.toString('utf8');
  return getFileNameLowLevel(0, raw, [], true);
}

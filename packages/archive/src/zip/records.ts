import { isUtf8 } from 'node:buffer';
import { getFileNameLowLevel } from 'yauzl';
import type { Bytes } from '../bytes.ts';

/** What both kinds of headers say about a member. */
interface ZipHeader {
  readonly flags: number;
  readonly method: number;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** As stored. */
  readonly rawName: Buffer;
  readonly names: readonly string[];
}

/** A header that stands before its data (APPNOTE §4.3.7). */
export interface LocalHeader extends ZipHeader {
  readonly start: number;
  readonly dataStart: number;
}

/** A header of a central directory (APPNOTE §4.3.12). */
export interface CentralHeader extends ZipHeader {
  /** As stored: counted from where the archive begins. */
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
/** The highest method number in use is 99; a header with another is none. */
const METHOD_MAX = 99;

/**
 * Reads the local header at `start`; undefined when there is none. `central`: what it should agree with; then its names
 * are shared.
 */
export function readLocalHeader(bytes: Bytes, start: number, central?: CentralHeader): LocalHeader | undefined {
  const fixed = bytes.read(start, start + LOCAL_BYTES);
  if (fixed.length < LOCAL_BYTES || fixed.readUInt32LE(0) !== LOCAL_NUMBER) return undefined;
  const nameEnd = start + LOCAL_BYTES + fixed.readUInt16LE(26);
  const dataStart = nameEnd + fixed.readUInt16LE(28);
  const flags = fixed.readUInt16LE(6);
  const method = fixed.readUInt16LE(8);
  // Before anything is read that costs: where headers are searched for, most of what bears their sign is none.
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

/** Values that do not fit into 32 bits stand in the zip64 field, in order, and only those (APPNOTE §4.5.3). */
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
/** Version and checksum stand before the name (APPNOTE §4.6.9). */
const UNICODE_PATH_AT = 5;

/** Sizes and offsets that do not fit into 32 bits (APPNOTE §4.5.3). */
const ZIP64 = 0x0001;
/** A header has one; of more not every unpacker takes the same: the first ones and the last are read. */
const UNICODE_PATHS_MAX = 8;

/** The extra fields that decide something. */
interface Extras {
  readonly zip64: Buffer | undefined;
  /** As stored: version and checksum before each. */
  readonly unicodePaths: readonly Buffer[];
}

const NO_EXTRAS: Extras = { zip64: undefined, unicodePaths: [] };

/**
 * Reads extra fields. What does not fit is left out: programs pad there. Others than the two that count are passed over
 * without a trace, since a header may have 16,000 of them.
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
 * Every name that a header gives its member, the stored one first. The Unicode path counts even where its checksum does
 * not fit: not every unpacker looks at that.
 */
function namesOf(raw: Buffer, flags: number, { unicodePaths }: Extras): readonly string[] {
  const stored = decode(raw, flags);
  if (unicodePaths.length === 0) return [stored];
  const paths = unicodePaths.filter((one) => one.length > UNICODE_PATH_AT).map((one) => one.toString('utf8', UNICODE_PATH_AT));
  return [...new Set([stored, ...paths])];
}

/** APPNOTE §4.4.4, bit 11. Without it the name is in code page 437 by the book, and in practice often UTF-8. */
function decode(raw: Buffer, flags: number): string {
  if ((flags & UTF8_FLAG) !== 0 || isUtf8(raw)) return raw.toString('utf8');
  return getFileNameLowLevel(0, raw, [], true);
}

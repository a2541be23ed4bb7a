import type { Bytes } from '../bytes.ts';
import { findAll } from '../find.ts';
import { ZIP_SIGNS_MAX } from '../limits.ts';
import { CENTRAL_SIGN, END_BYTES } from './records.ts';

/** A central directory as its end record describes it (APPNOTE §4.3.14 to §4.3.16). */
export interface DirectoryPlace {
  /** The offset of the directory. */
  readonly start: number;
  readonly end: number;
  /** Added to the offsets in the directory: the length of the data before the archive. */
  readonly base: number;
  /** Members, as declared. */
  readonly count: number;
  /** The end of its end record, without the comment. */
  readonly recordEnd: number;
}

interface EndRecord {
  readonly count: number;
  readonly sizeBytes: number;
  readonly offset: number;
  /** The end of the directory if nothing lies between it and the end record. */
  readonly before: number;
}

const END_SIGN = Buffer.from('PK\x05\x06', 'latin1');
const ZIP64_END_SIGN = 0x0606_4b50;
const ZIP64_LOCATOR_SIGN = 0x0706_4b50;
const LOCATOR_BYTES = 20;
const ZIP64_END_BYTES = 56;

/**
 * The directories to which an end record at `at` may refer: the one right before it, and the one at the stored offset
 * if that is a different one. Empty when there is none.
 */
export function directoriesOf(bytes: Bytes, at: number): readonly DirectoryPlace[] {
  const record = readEndRecord(bytes, at);
  if (record === undefined) return [];
  const starts = new Set([record.before - record.sizeBytes, record.offset]);
  return [...starts]
    .filter((start) => start >= 0 && isDirectory(bytes, start, record))
    .map((start) => ({
      start,
      end: start + record.sizeBytes,
      base: start - record.offset,
      count: record.count,
      recordEnd: at + END_BYTES,
    }));
}

/**
 * Offsets of end records that refer to a directory, the last first. Signatures without a directory, which may be there
 * to mislead, do not count towards the bound.
 */
export function endRecordsIn(bytes: Bytes, max: number): readonly number[] {
  const signs: number[] = [];
  for (const at of findAll(bytes, END_SIGN, 0, bytes.sizeBytes)) {
    signs.push(at);
    if (signs.length >= 2 * ZIP_SIGNS_MAX) signs.splice(0, ZIP_SIGNS_MAX);
  }
  const places: number[] = [];
  for (const at of signs.reverse().slice(0, ZIP_SIGNS_MAX)) {
    if (places.length < max && directoriesOf(bytes, at).length > 0) places.push(at);
  }
  return places;
}

function isDirectory(bytes: Bytes, start: number, record: EndRecord): boolean {
  if (record.count === 0 && record.sizeBytes === 0) return start === record.before;
  return start + record.sizeBytes <= record.before && bytes.read(start, start + CENTRAL_SIGN.length).equals(CENTRAL_SIGN);
}

function readEndRecord(bytes: Bytes, at: number): EndRecord | undefined {
  const fixed = bytes.read(at, at + END_BYTES);
  if (fixed.length < END_BYTES || !fixed.subarray(0, 4).equals(END_SIGN)) return undefined;
  const plain = { count: fixed.readUInt16LE(10), sizeBytes: fixed.readUInt32LE(12), offset: fixed.readUInt32LE(16), before: at };
  return readZip64(bytes, at) ?? plain;
}

/** The zip64 end record, to which the locator right before the end record points. */
function readZip64(bytes: Bytes, at: number): EndRecord | undefined {
  const locator = bytes.read(at - LOCATOR_BYTES, at);
  if (at < LOCATOR_BYTES || locator.length < LOCATOR_BYTES || locator.readUInt32LE(0) !== ZIP64_LOCATOR_SIGN) return undefined;
  // With other data before the archive the stored offset is wrong; the record is usually right before the locator.
  for (const place of [at - LOCATOR_BYTES - ZIP64_END_BYTES, Number(locator.readBigUInt64LE(8))]) {
    const fixed = bytes.read(place, place + ZIP64_END_BYTES);
    if (place < 0 || fixed.length < ZIP64_END_BYTES || fixed.readUInt32LE(0) !== ZIP64_END_SIGN) continue;
    return {
      count: Number(fixed.readBigUInt64LE(32)),
      sizeBytes: Number(fixed.readBigUInt64LE(40)),
      offset: Number(fixed.readBigUInt64LE(48)),
      before: place,
    };
  }
  return undefined;
}

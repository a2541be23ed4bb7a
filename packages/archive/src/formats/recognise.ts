import { type Bytes, bytesOf } from '../bytes.ts';
import { ARCHIVE_MIN_BYTES, HEAD_BYTES } from '../limits.ts';
import { extensionOf } from '../member-name.ts';
import { hasPartitionTable } from './disk.ts';
import type { Format, Place } from './format.ts';
import { FORMATS } from './index.ts';

const PROMISED = new Map(FORMATS.flatMap((format) => format.extensions.map((extension) => [extension, format] as const)));
const NAMED = new Set(FORMATS.flatMap((format) => [...format.extensions, ...(format.alsoNamed ?? [])]));

/** A format and the place where it was found. */
export interface Recognition extends Place {
  readonly format: Format;
  /** Another format was recognised with certainty, and this one was not. */
  readonly behind: boolean;
}

/**
 * All formats that the bytes may be read in. If one is certain, the others are `behind`: only their member names are
 * reported, unless a file name promises the format. For example a tar whose last member is a zip is no zip, but some
 * programs open it as one.
 */
export function recognise(bytes: Bytes, names: readonly string[]): readonly Recognition[] {
  if (bytes.sizeBytes < ARCHIVE_MIN_BYTES) return [];
  const head = bytes.read(0, HEAD_BYTES);
  // Most members are small, and then all of it is in memory.
  const near = bytes.sizeBytes <= head.length ? bytesOf(head) : bytes;
  const found: Omit<Recognition, 'behind'>[] = [];
  for (const format of FORMATS) {
    const place = format.find(near, head) ?? (isCalled(format, names) ? { start: 0, certain: false } : undefined);
    if (place !== undefined) found.push({ format, ...place });
  }
  const explained = found.some((one) => one.certain);
  const all = found.map((one) => ({ ...one, behind: explained && !one.certain && !fulfils(one.format, names) }));
  // Certain formats are read first; an uncertain one at the same offset is there by chance.
  return [...all.filter((one) => !one.behind), ...all.filter((one) => one.behind && (one.start > 0 || one.format.kind === 'zip'))];
}

function isCalled({ byName, alsoNamed }: Format, names: readonly string[]): boolean {
  return byName === true && names.some((name) => alsoNamed?.includes(extensionOf(name)) === true);
}

/** Whether one of the names promises this format. */
export function fulfils(format: Format, names: readonly string[]): boolean {
  return names.some(
    (name) => format.extensions.includes(extensionOf(name)) || (format.kind === 'disk' && promisedBy([name])?.kind === 'iso'),
  );
}

/** Whether `head`, the first 64 KiB of a file, is the beginning of an archive. */
export function looksLikeArchive(head: Buffer): boolean {
  const bytes = bytesOf(head);
  return FORMATS.some((format) => format.find(bytes, head)?.certain === true);
}

/**
 * Whether a partition or a disk begins with a partition table or with a format that we read, such as a file system.
 */
export function looksLikeImage(bytes: Bytes): boolean {
  const head = bytes.read(0, HEAD_BYTES);
  return hasPartitionTable(head) || FORMATS.some((format) => format.find(bytes, head)?.start === 0);
}

/** The format that one of the names promises. */
export function promisedBy(names: readonly string[]): Format | undefined {
  return names.map((name) => PROMISED.get(extensionOf(name))).find((format) => format !== undefined);
}

/** Whether a name is one of archives, or of documents that are archives. */
export function namedLikeArchive(name: string | undefined): boolean {
  return NAMED.has(extensionOf(name));
}

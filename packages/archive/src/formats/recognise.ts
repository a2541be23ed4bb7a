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
  /** Something else explains the bytes. */
  readonly behind: boolean;
}

/**
 * Everything that the bytes are at once. Of what stands behind other data that something else explains only names
 * count, unless the name says so: a tar whose last member is a zip is no zip, but there are programs that open it as
 * one.
 */
export function recognise(bytes: Bytes, names: readonly string[]): readonly Recognition[] {
  if (bytes.sizeBytes < ARCHIVE_MIN_BYTES) return [];
  const head = bytes.read(0, HEAD_BYTES);
  // Most members are small: what is looked at is in memory then.
  const near = bytes.sizeBytes <= head.length ? bytesOf(head) : bytes;
  const found: Omit<Recognition, 'behind'>[] = [];
  for (const format of FORMATS) {
    const place = format.find(near, head) ?? (isCalled(format, names) ? { start: 0, certain: false } : undefined);
    if (place !== undefined) found.push({ format, ...place });
  }
  const explained = found.some((one) => one.certain);
  const all = found.map((one) => ({ ...one, behind: explained && !one.certain && !fulfils(one.format, names) }));
  // What explains the bytes is read first; a weak sign at the same place as a certain one is chance.
  return [...all.filter((one) => !one.behind), ...all.filter((one) => one.behind && (one.start > 0 || one.format.kind === 'zip'))];
}

function isCalled({ byName, alsoNamed }: Format, names: readonly string[]): boolean {
  return byName === true && names.some((name) => alsoNamed?.includes(extensionOf(name)) === true);
}

/** Whether the format is one that a name promises. */
export function fulfils(format: Format, names: readonly string[]): boolean {
  return names.some(
    (name) => format.extensions.includes(extensionOf(name)) || (format.kind === 'disk' && promisedBy([name])?.kind === 'iso'),
  );
}

/** Whether the first 64 KiB of something are those of an archive. */
export function looksLikeArchive(head: Buffer): boolean {
  const bytes = bytesOf(head);
  return FORMATS.some((format) => format.find(bytes, head)?.certain === true);
}

/**
 * Whether the beginning of a partition or a disk is that of a file system, of a table of partitions or of anything else
 * that is read.
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

import { type Bytes, bytesOf } from './bytes.ts';
import { extensionOf, type Format, type Place } from './formats/format.ts';
import { FORMATS } from './formats/index.ts';
import { ARCHIVE_MIN_BYTES, HEAD_BYTES } from './limits.ts';

const PROMISED = new Map(FORMATS.flatMap((format) => format.extensions.map((extension) => [extension, format] as const)));
const NAMED = new Set(FORMATS.flatMap((format) => [...format.extensions, ...(format.alsoNamed ?? [])]));

/** A format and the place where it was found. */
export interface Recognition extends Place {
  readonly format: Format;
}

/**
 * Everything that the bytes are at once. What stands behind other data counts only where nothing else explains the bytes, or where the name
 * says so: a tar whose last member is a zip is no zip.
 */
export function recognise(bytes: Bytes, name: string | undefined): readonly Recognition[] {
  if (bytes.sizeBytes < ARCHIVE_MIN_BYTES) return [];
  const head = bytes.read(0, HEAD_BYTES);
  const found: Recognition[] = [];
  for (const format of FORMATS) {
    const place = format.find(bytes, head);
    if (place !== undefined) found.push({ format, ...place });
  }
  if (found.length === 0) return found;
  const extension = extensionOf(name);
  const explained = found.some((one) => one.certain);
  return found.filter((one) => one.certain || !explained || one.format.extensions.includes(extension));
}

/** Whether the first 64 KiB of something are those of an archive. */
export function looksLikeArchive(head: Buffer): boolean {
  const bytes = bytesOf(head);
  return FORMATS.some((format) => format.find(bytes, head)?.certain === true);
}

/** The format that a name promises. */
export function promisedBy(name: string | undefined): Format | undefined {
  return PROMISED.get(extensionOf(name));
}

/** Whether a name is one of archives, or of documents that are archives. */
export function namedLikeArchive(name: string | undefined): boolean {
  return NAMED.has(extensionOf(name));
}

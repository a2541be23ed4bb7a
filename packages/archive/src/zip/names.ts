import { isUtf8 } from 'node:buffer';
import { getFileNameLowLevel } from 'yauzl';

const UTF8_FLAG = 0x0800;
const UNICODE_PATH = 0x7075;
/** Version and checksum stand before the name (APPNOTE §4.6.9). */
const UNICODE_PATH_AT = 5;

/** Sizes and offsets that do not fit into 32 bits (APPNOTE §4.5.3). */
const ZIP64 = 0x0001;
/** A header has one; of more not every unpacker takes the same: the first ones and the last are read. */
const UNICODE_PATHS_MAX = 8;

/** The extra fields that decide something. */
export interface Extras {
  readonly zip64: Buffer | undefined;
  /** As stored: version and checksum before each. */
  readonly unicodePaths: readonly Buffer[];
}

const NO_EXTRAS: Extras = { zip64: undefined, unicodePaths: [] };

/**
 * Reads extra fields. What does not fit is left out: programs pad there. Others than the two that count are passed over without a trace,
 * since a header may have 16,000 of them.
 */
export function readExtras(extra: Buffer): Extras {
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
 * Every name that a header gives its member, the stored one first. The Unicode path counts even where its checksum does not fit: not every
 * unpacker looks at that.
 */
export function namesOf(raw: Buffer, flags: number, { unicodePaths }: Extras): readonly string[] {
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

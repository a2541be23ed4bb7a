import { isUtf8 } from 'node:buffer';
import { getFileNameLowLevel } from 'yauzl';

const UTF8_FLAG = 0x0800;
const UNICODE_PATH = 0x7075;
/** Version and checksum stand before the name (APPNOTE §4.6.9). */
const UNICODE_PATH_AT = 5;

const NO_EXTRAS: ReadonlyMap<number, Buffer> = new Map();

/** Extra fields by number. What does not fit is left out: programs pad there. */
export function readExtras(extra: Buffer): ReadonlyMap<number, Buffer> {
  if (extra.length < 4) return NO_EXTRAS;
  const fields = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) break;
    const id = extra.readUInt16LE(at);
    if (!fields.has(id)) fields.set(id, extra.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/**
 * Every name that a header gives its member, the stored one first. The Unicode path counts even where its checksum does not fit: not every
 * unpacker looks at that.
 */
export function namesOf(raw: Buffer, flags: number, extras: ReadonlyMap<number, Buffer>): readonly string[] {
  const stored = decode(raw, flags);
  const unicode = extras.get(UNICODE_PATH);
  if (unicode === undefined || unicode.length <= UNICODE_PATH_AT) return [stored];
  const path = unicode.toString('utf8', UNICODE_PATH_AT);
  return path === stored ? [stored] : [stored, path];
}

/** APPNOTE §4.4.4, bit 11. Without it the name is in code page 437 by the book, and in practice often UTF-8. */
function decode(raw: Buffer, flags: number): string {
  if ((flags & UTF8_FLAG) !== 0 || isUtf8(raw)) return raw.toString('utf8');
  return getFileNameLowLevel(0, raw, [], true);
}

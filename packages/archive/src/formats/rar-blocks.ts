import type { Bytes } from '../bytes.ts';

const SIGN_BYTES = { 4: 7, 5: 8 } as const;
/** Longer headers than any name needs are read no further than this: sizes stand at the beginning. */
const HEAD_BYTES = 64;
/** RAR 4: more bytes follow, whose number stands behind the size of the header. */
const HAS_DATA_4 = 0x8000;
/** RAR 5: the header has a field for extra data, and for the number of bytes that follow. */
const HAS_EXTRA_5 = 0x01;
const HAS_DATA_5 = 0x02;

/**
 * Counts the blocks of an archive, up to `max`: unrar has no end before the last one, and needs some 15 µs and 400 octets for each. Where the
 * chain is broken it ends here, as it does there.
 */
export function countRarBlocks(bytes: Bytes, version: 4 | 5, max: number): number {
  const sizeOf = version === 4 ? blockBytes4 : blockBytes5;
  let count = 0;
  for (let at: number = SIGN_BYTES[version]; at < bytes.sizeBytes && count < max; count += 1) {
    const size = sizeOf(bytes.read(at, at + HEAD_BYTES));
    if (size === undefined) break;
    at += size;
  }
  return count;
}

function blockBytes4(head: Buffer): number | undefined {
  if (head.length < 7) return undefined;
  const size = head.readUInt16LE(5);
  const data = (head.readUInt16LE(3) & HAS_DATA_4) !== 0 && head.length >= 11 ? head.readUInt32LE(7) : 0;
  return size < 7 ? undefined : size + data;
}

/** Checksum, size of what follows the size, type, flags, and the two sizes, in groups of seven bits. */
function blockBytes5(head: Buffer): number | undefined {
  const size = readNumber(head, 4);
  const type = readNumber(head, size?.next);
  const flags = readNumber(head, type?.next);
  if (size === undefined || flags === undefined || size.value === 0) return undefined;
  const extra = (flags.value & HAS_EXTRA_5) === 0 ? flags : readNumber(head, flags.next);
  const data = (flags.value & HAS_DATA_5) === 0 ? undefined : readNumber(head, extra?.next);
  return size.next + size.value + (data?.value ?? 0);
}

function readNumber(head: Buffer, start: number | undefined): { readonly value: number; readonly next: number } | undefined {
  if (start === undefined) return undefined;
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const octet = head[start + index];
    if (octet === undefined) return undefined;
    value += (octet & 0x7f) * 2 ** (7 * index);
    if (octet < 0x80) return { value, next: start + index + 1 };
  }
  return undefined;
}

import { crc32 } from 'node:zlib';
import { createExtractorFromData } from 'node-unrar-js';
import type { Bytes } from '../bytes.ts';
import { findFitting } from '../find.ts';
import { RAR_BLOCKS_MAX, STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Entry, Format, OpenArchive } from './format.ts';

const SIGN = Buffer.from('Rar!\x1a\x07', 'latin1');

/**
 * RAR 4 and 5, also behind a program that unpacks it. Names come from unrar, contents of nested archives from 7-Zip.
 */
export const rar: Format = {
  kind: 'rar',
  extensions: ['rar'],
  find(bytes, head) {
    if (head.subarray(0, SIGN.length).equals(SIGN)) return { start: 0, certain: true };
    const start = findFitting(bytes, SIGN, STUB_MAX_BYTES, { before: 0, reach: FIRST_HEADER_REACH, fits: beginsArchive });
    return start === undefined ? undefined : { start, certain: start === 0 };
  },
  async read(archive) {
    const version5 = archive.bytes.read(SIGN.length, SIGN.length + 1)[0] === 1;
    if (countRarBlocks(archive.bytes, version5 ? 5 : 4, RAR_BLOCKS_MAX) >= RAR_BLOCKS_MAX) return archive.problem('too-many-members');
    const known = await oneAtATime(() => list(archive));
    if (known === undefined || known.size === 0) return;
    await readWithSevenZip(archive, { type: version5 ? 'Rar5' : 'Rar', known });
  },
};

/** The first header of RAR 4 and 5 is far shorter than this. */
const FIRST_HEADER_REACH = 256;
/** Of RAR 4: checksum, type, flags, size, six octets. */
const MAIN_HEADER = 0x73;

/** Whether the checksum of the first header is right: unpackers skip signatures without a valid header. */
function beginsArchive(window: Buffer, start: number): boolean {
  const at = start + SIGN.length;
  const version = window[at];
  if (version === 0) {
    if (at + 8 > window.length || window[at + 3] !== MAIN_HEADER) return false;
    const header = window.subarray(at + 3, at + 1 + window.readUInt16LE(at + 6));
    return (crc32(header) & 0xffff) === window.readUInt16LE(at + 1);
  }
  // RAR 5: checksum, then a size in one octet, then so many.
  if (version !== 1 || window[at + 1] !== 0 || at + 7 > window.length) return false;
  return crc32(window.subarray(at + 6, at + 7 + (window[at + 6] ?? 0))) === window.readUInt32LE(at + 2);
}

let last: Promise<unknown> = Promise.resolve();

/** The extractor of the package is global, so only one archive can be open at a time. */
function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work, work);
  last = mine.catch(() => undefined);
  return mine;
}

async function list(archive: OpenArchive): Promise<Map<string, Entry> | undefined> {
  const { bytes } = archive;
  const data = Uint8Array.from(bytes.read(0, bytes.sizeBytes)).buffer;
  const known = new Map<string, Entry>();
  const wasmBinary = await archive.wasm.unrar();
  const extractor = await archive.machine.wait('starting unrar', () => createExtractorFromData({ data, wasmBinary }));
  try {
    // Reads to the end in any case: only then the package frees its memory.
    for (const header of extractor.getFileList().fileHeaders) {
      const { encrypted } = header.flags;
      // A folder has no data. A member that is marked as a folder and has data is a file for some unpackers.
      const directory = header.flags.directory && header.unpSize === 0 && header.packSize === 0;
      const entry = archive.add({ name: header.name, directory, encrypted, unpackedBytes: header.unpSize });
      if (entry !== undefined) known.set(header.name, entry);
    }
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === 'ERAR_MISSING_PASSWORD' || reason === 'ERAR_BAD_PASSWORD') archive.locked();
    else archive.problem('error');
    // One instance reads all archives of this process: what broke off in the middle may have changed it.
    if (reason === undefined) archive.machine.wear();
    return known;
  }
  return known;
}

function reasonOf(error: unknown): unknown {
  return error instanceof Error && 'reason' in error ? error.reason : undefined;
}

const SIGN_BYTES = { 4: 7, 5: 8 } as const;
/** Longer headers are read up to here; the sizes are at their beginning. */
const HEAD_BYTES = 64;
/** RAR 4: more bytes follow; their number is the field after the size of the header. */
const HAS_DATA_4 = 0x8000;
/** RAR 5: the header has a field for extra data, and for the number of bytes that follow. */
const HAS_EXTRA_5 = 0x01;
const HAS_DATA_5 = 0x02;

/**
 * Counts the blocks of an archive, up to `max`, because unrar always reads to the last block and needs some 15 µs and
 * 400 octets for each. It ends at a broken block, as unrar does.
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

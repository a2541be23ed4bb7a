import { crc32 } from 'node:zlib';
import { createExtractorFromData } from 'node-unrar-js';
import { findFitting } from '../find.ts';
import { RAR_BLOCKS_MAX, STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Entry, Format, OpenArchive } from './format.ts';
import { countRarBlocks } from './rar-blocks.ts';

const SIGN = Buffer.from('Rar!\x1a\x07', 'latin1');

/** RAR 4 and 5, also behind a program that unpacks it. Names come from unrar, contents of nested archives from 7-Zip. */
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

/** The longest first header that a RAR 4 or 5 has is far below. */
const FIRST_HEADER_REACH = 256;
/** Of RAR 4: checksum, type, flags, size, six octets. */
const MAIN_HEADER = 0x73;

/** Whether the first header behind the sign has its checksum: unpackers pass over signs that stand there to mislead. */
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

/** The package's extractor is global: a second archive would change the first one's answer. */
function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work, work);
  last = mine.catch(() => undefined);
  return mine;
}

async function list(archive: OpenArchive): Promise<Map<string, Entry> | undefined> {
  const { bytes } = archive;
  const data = Uint8Array.from(bytes.read(0, bytes.sizeBytes)).buffer;
  const known = new Map<string, Entry>();
  try {
    const extractor = await createExtractorFromData({ data, wasmBinary: await archive.wasm.unrar() });
    // To the end even when nothing more is wanted: only then does the package free what it holds.
    for (const header of extractor.getFileList().fileHeaders) {
      const { encrypted } = header.flags;
      // A folder has no data; what says so and has some is a file for unpackers that look at the data.
      const directory = header.flags.directory && header.unpSize === 0 && header.packSize === 0;
      const entry = archive.add({ name: header.name, directory, encrypted, unpackedBytes: header.unpSize });
      if (entry !== undefined) known.set(header.name, entry);
    }
  } catch (error) {
    if (isReason(error, 'ERAR_MISSING_PASSWORD') || isReason(error, 'ERAR_BAD_PASSWORD')) archive.locked();
    else archive.problem('error');
    return known;
  }
  return known;
}

function isReason(error: unknown, reason: string): boolean {
  return error instanceof Error && 'reason' in error && error.reason === reason;
}

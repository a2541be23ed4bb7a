import { createExtractorFromData } from 'node-unrar-js';
import { findFirst } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Entry, Format, OpenArchive } from './format.ts';

const SIGN = Buffer.from('Rar!\x1a\x07', 'latin1');

/** RAR 4 and 5, also behind a program that unpacks it. Names come from unrar, contents of nested archives from 7-Zip. */
export const rar: Format = {
  kind: 'rar',
  extensions: ['rar'],
  find(bytes) {
    const start = findFirst(bytes, SIGN, 0, STUB_MAX_BYTES);
    return start === undefined ? undefined : { start, certain: start === 0 };
  },
  async read(archive) {
    const known = await oneAtATime(() => list(archive));
    if (known === undefined || known.size === 0) return;
    const version5 = archive.bytes.read(SIGN.length, SIGN.length + 1)[0] === 1;
    await readWithSevenZip(archive, { type: version5 ? 'Rar5' : 'Rar', known });
  },
};

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
      const { directory, encrypted } = header.flags;
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

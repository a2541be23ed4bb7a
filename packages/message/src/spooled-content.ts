import { createHash } from 'node:crypto';
import type { Chunks, Content, Range } from './content.ts';
import { READ_CHUNK_BYTES } from './limits.ts';
import { SpoolFault, toSpoolFault } from './spool-fault.ts';
import type { SpoolFile } from './spool-file.ts';

/** Where the bytes of a finished message lie, and how to give that back. */
type Storage = { readonly kind: 'memory'; readonly blocks: readonly Buffer[] } | { readonly kind: 'file'; readonly file: SpoolFile };

interface SpooledMessage {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly storage: Storage;
  /** Called once, when the content is discarded. */
  readonly release: () => void;
}

/** The finished message as {@link Content}. Reading rejects with {@link SpoolFault}. */
export function createSpooledContent({ sizeBytes, sha256, storage, release }: SpooledMessage): Content {
  let open: Storage | undefined = storage;
  function storageOrFault(): Storage {
    if (open === undefined) throw new SpoolFault('io', 'spool: the message was discarded');
    return open;
  }
  async function* readWaiting(start: number, end: number, block?: Buffer): AsyncGenerator<Buffer> {
    for (let at = start; at < end; ) {
      const chunk = await readChunk(storageOrFault(), at, end, block);
      yield chunk;
      at += chunk.length;
    }
  }
  function* readMemory(start: number, end: number, blockBytes: number): Generator<Buffer> {
    for (let at = start; at < end; ) {
      const from = storageOrFault();
      if (from.kind !== 'memory') throw new Error('the message is not in memory');
      const chunk = memoryChunk(from.blocks, at, Math.min(READ_CHUNK_BYTES, blockBytes, end - at));
      yield chunk;
      at += chunk.length;
    }
  }
  // Not by `storage`, which these functions would keep alive when the message has been given back.
  const inMemory = storage.kind === 'memory';
  function read(range: Range = { start: 0, end: sizeBytes }, block?: Buffer): Chunks {
    const end = Math.min(range.end, sizeBytes);
    const start = Math.max(0, range.start);
    const waiting = readWaiting(start, end, block);
    if (!inMemory) return waiting;
    return {
      [Symbol.asyncIterator]: () => waiting,
      [Symbol.iterator]: () => readMemory(start, end, block?.length ?? READ_CHUNK_BYTES),
    };
  }
  return {
    sizeBytes,
    sha256,
    read,
    async discard() {
      const given = open;
      open = undefined;
      if (given === undefined) return;
      release();
      // Nothing can be lost by it: the file has no name and the message was handed on or refused.
      if (given.kind === 'file') await given.file.close().catch(() => undefined);
    },
  };
}

/** From `start` at least one and at most 64 KiB octets, not beyond `end`. */
async function readChunk(storage: Storage, start: number, end: number, block: Buffer | undefined): Promise<Buffer> {
  const wanted = Math.min(READ_CHUNK_BYTES, block?.length ?? READ_CHUNK_BYTES, end - start);
  if (storage.kind === 'memory') return memoryChunk(storage.blocks, start, wanted);
  const chunk = block?.subarray(0, wanted) ?? Buffer.allocUnsafeSlow(wanted);
  const got = await storage.file.read(chunk, start).catch((error: unknown) => Promise.reject(toSpoolFault(error)));
  if (got < wanted) throw new SpoolFault('io', 'spool: the file is shorter than what was written');
  return chunk;
}

/** The rest of the block that holds `start`. A message in memory has a dozen blocks at most. */
function memoryChunk(blocks: readonly Buffer[], start: number, wanted: number): Buffer {
  let blockStart = 0;
  for (const block of blocks) {
    const from = start - blockStart;
    if (from < block.length) return block.subarray(from, Math.min(block.length, from + wanted));
    blockStart += block.length;
  }
  throw new SpoolFault('io', 'spool: fewer octets in memory than were written');
}

/** Bytes that are in memory anyway (a file given to a tool, a message of a test) as {@link Content}. They are not copied. */
export function contentOf(bytes: Buffer): Content {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += READ_CHUNK_BYTES) blocks.push(bytes.subarray(at, at + READ_CHUNK_BYTES));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return createSpooledContent({ sizeBytes: bytes.length, sha256, storage: { kind: 'memory', blocks }, release: () => undefined });
}

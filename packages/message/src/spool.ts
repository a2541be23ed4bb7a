import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@vratny/text';
import { runSteps, type Steps, wait } from '@vratny/waiting';
import type { ByteBudget } from './byte-budget.ts';
import type { Chunks, Content, Range } from './content.ts';
import { BLOCK_BYTES, FIRST_BLOCK_BYTES, MEMORY_MAX_BYTES, READ_CHUNK_BYTES } from './limits.ts';

/** Where a message is put while it comes in. */
export interface SpoolOptions {
  /** For messages above `memoryMaxBytes`; must exist. */
  readonly directory: string;
  /** Messages up to this many octets never touch the disk. Default 256 KiB. */
  readonly memoryMaxBytes?: number;
  /** Charged for each octet, in memory or on disk, until the spool is aborted or its content discarded. */
  readonly budget?: ByteBudget;
  /** Default: a file in `directory` that is unlinked at once. */
  readonly openFile?: OpenSpoolFile;
}

/**
 * Takes one message once. Calls must not overlap: await each before the next (only `abort` may come at any time). Everything but `abort` rejects with {@link SpoolFault}; after
 * a fault everything is given back already, and further calls reject with the same fault.
 */
export interface Spool {
  /** The bytes are taken when it returns, or when its promise resolves; `chunk` may be reused then. Waiting for it is the backpressure. */
  write(chunk: Buffer): void | Promise<void>;
  /** Ends the message. From here on the content owns what the spool held. No promise for a message in memory. */
  finish(): Content | Promise<Content>;
  /** Gives everything back; after `finish` it does nothing. Never rejects. */
  abort(): Promise<void>;
}

/** Why nothing more is taken. It becomes an error when somebody is to be told: every message ends so, and a stack costs more than a small message. */
interface Closing {
  readonly why?: string;
  fault?: SpoolFault;
}

/** The same one each time. */
function faultOf(closing: Closing): SpoolFault {
  closing.fault ??= new SpoolFault('io', closing.why ?? 'spool: closed');
  return closing.fault;
}

/** Rejects as `fail` does, whatever goes wrong; never throws. */
function runOrFail<T>(steps: () => Steps<T>, fail: (error: unknown) => Promise<never>): T | Promise<T> {
  try {
    const done = runSteps(steps());
    return done instanceof Promise ? done.catch(fail) : done;
  } catch (error) {
    return fail(error);
  }
}

/** Of a spool that was aborted while another process was asked: what had been charged was given back then. */
function giveBack(budget: ByteBudget | undefined, bytes: number, reason: SpoolFault): SpoolFault {
  budget?.give(bytes);
  return reason;
}

/** Undefined where it was had at once: most messages wait for nothing. @throws SpoolFault; rejects with it as well */
function charge(budget: ByteBudget | undefined, bytes: number): Promise<void> | undefined {
  const orThrow = (taken: boolean) => {
    if (!taken) throw new SpoolFault('no-space', 'spool: too many octets of messages are in flight');
  };
  const taken = budget?.take(bytes) ?? true;
  if (typeof taken !== 'boolean') return taken.then(orThrow);
  orThrow(taken);
  return undefined;
}

/** Creates the spool of one message: memory, then an unlinked file; hashed on the way. */
export function createSpool(options: SpoolOptions): Spool {
  const { directory, memoryMaxBytes = MEMORY_MAX_BYTES, budget, openFile = openUnlinkedFile } = options;
  const hash = createHash('sha256');
  const memory = createBlockList();
  const writer = createBlockWriter(memory);
  let file: SpoolFile | undefined;
  let chargedBytes = 0;
  let closed: Closing | undefined;

  async function release(reason: Closing): Promise<void> {
    if (closed !== undefined) return;
    closed = reason;
    memory.drain();
    budget?.give(chargedBytes);
    const open = file;
    file = undefined;
    await open?.close().catch(() => undefined);
  }
  async function fail(error: unknown): Promise<never> {
    const fault = toSpoolFault(error);
    await release({ fault });
    throw fault;
  }
  function orFault<T>(steps: () => Steps<T>): T | Promise<T> {
    return closed === undefined ? runOrFail(steps, fail) : Promise.reject(faultOf(closed));
  }
  async function openUnlessClosed(): Promise<SpoolFile> {
    const opened = await openFile(directory);
    if (closed === undefined) return opened;
    await opened.close().catch(() => undefined);
    throw faultOf(closed);
  }
  function* take(chunk: Buffer): Steps<void> {
    yield* wait(charge(budget, chunk.length));
    if (closed !== undefined) throw giveBack(budget, chunk.length, faultOf(closed));
    chargedBytes += chunk.length;
    hash.update(chunk);
    if (file === undefined && memory.sizeBytes + chunk.length > memoryMaxBytes) file = yield* wait(openUnlessClosed());
    if (file === undefined) return memory.append(chunk);
    return yield* wait(writer.write(file, chunk));
  }
  function* finish(): Steps<Content> {
    const sizeBytes = writer.writtenBytes + memory.sizeBytes;
    if (file !== undefined) yield* wait(writer.flush(file));
    if (closed !== undefined) throw faultOf(closed); // Aborted meanwhile.
    // The content must not keep what it does not need alive through this closure.
    const blocks = memory.drain();
    const storage = file === undefined ? { kind: 'memory' as const, blocks } : { kind: 'file' as const, file };
    closed = { why: 'spool: the message was finished already' };
    return createSpooledContent({ sizeBytes, sha256: hash.digest('hex'), storage, release: () => budget?.give(chargedBytes) });
  }
  return {
    write: (chunk) => orFault(() => take(chunk)),
    finish: () => orFault(finish),
    abort: () => release({ why: 'spool: the message was aborted' }),
  };
}

/** Writes a message to a file in blocks of 64 KiB; what is not a whole block yet waits in memory. */
interface BlockWriter {
  /** Octets that are in the file. */
  readonly writtenBytes: number;
  write(file: SpoolFile, chunk: Buffer): Promise<void>;
  /** Writes what waits in memory. */
  flush(file: SpoolFile): Promise<void>;
}

/** Creates a writer that takes over what `memory` holds already, and waits there. */
function createBlockWriter(memory: BlockList): BlockWriter {
  let writtenBytes = 0;
  async function flush(file: SpoolFile): Promise<void> {
    for (const block of memory.blocks()) {
      await file.write(block, writtenBytes);
      writtenBytes += block.length;
    }
    memory.reuse();
  }
  return {
    get writtenBytes() {
      return writtenBytes;
    },
    async write(file, chunk) {
      for (let from = 0; from < chunk.length; ) {
        if (memory.sizeBytes >= BLOCK_BYTES) await flush(file);
        const piece = chunk.subarray(from, from + BLOCK_BYTES - memory.sizeBytes);
        memory.append(piece);
        from += piece.length;
      }
    },
    flush,
  };
}

/**
 * The part of a message that is in memory: copies, since a socket's buffers are slices of large blocks that would stay alive with them.
 * Blocks double up to 64 KiB, so neither small messages nor 1-byte writes cost more than twice their size (after the first block).
 */
interface BlockList {
  readonly sizeBytes: number;
  append(bytes: Buffer): void;
  /** What was appended, in order, in pieces of at most 64 KiB. */
  blocks(): readonly Buffer[];
  /** Forgets what was appended, but keeps a block of 64 KiB for what comes next: the bytes of `blocks` are overwritten then. */
  reuse(): void;
  /** Lets go of all memory and gives it to the caller. */
  drain(): readonly Buffer[];
}

/** Creates an empty list of blocks. The caller bounds its size. */
function createBlockList(): BlockList {
  let full: Buffer[] = [];
  let open: Buffer | undefined;
  let used = 0;
  let sizeBytes = 0;
  function room(wantedBytes: number): Buffer {
    if (open !== undefined && used < open.length) return open;
    if (open !== undefined) full.push(open);
    used = 0;
    // Not from Node's shared pool: a message may live long.
    open = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, sizeBytes, wantedBytes)));
    return open;
  }
  function blocks(): readonly Buffer[] {
    return open === undefined ? full : [...full, open.subarray(0, used)];
  }
  function drain(): readonly Buffer[] {
    const drained = blocks();
    full = [];
    open = undefined;
    used = 0;
    sizeBytes = 0;
    return drained;
  }
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    append(bytes) {
      let from = 0;
      while (from < bytes.length) {
        const block = room(bytes.length - from);
        const copied = bytes.copy(block, used, from);
        used += copied;
        from += copied;
        sizeBytes += copied;
      }
    },
    blocks,
    reuse() {
      const kept = open?.length === BLOCK_BYTES ? open : Buffer.allocUnsafeSlow(BLOCK_BYTES);
      drain();
      open = kept;
    },
    drain,
  };
}

/** A file of the spool as the spool needs it; positions and lengths in octets. Every call may reject with what the system says. */
export interface SpoolFile {
  /** Writes all of `bytes` at `position`. */
  write(bytes: Buffer, position: number): Promise<void>;
  /** Fills `into` from `position` on; fewer octets than it holds only at the end of the file. */
  read(into: Buffer, position: number): Promise<number>;
  close(): Promise<void>;
}

/** Opens a new spool file in `directory`. Tests plant faults here. */
export type OpenSpoolFile = (directory: string) => Promise<SpoolFile>;

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Creates a file that only this process can reach: it has no name any more when this resolves, so a crash leaves nothing behind. */
export async function openUnlinkedFile(directory: string): Promise<SpoolFile> {
  const path = join(directory, `vratny-${randomBytes(16).toString('hex')}.spool`);
  const handle = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await unlink(path);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    write: (bytes, position) => writeAll(handle, bytes, position),
    read: (into, position) => readAll(handle, into, position),
    close: () => handle.close(),
  };
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  // A write may be partial, most likely just before the disk is full (write(2)).
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error('write returned 0');
    done += bytesWritten;
  }
}

async function readAll(handle: FileHandle, into: Buffer, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

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
function createSpooledContent({ sizeBytes, sha256, storage, release }: SpooledMessage): Content {
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

/** `no-space`: disk, quota or byte budget is used up (`452 4.3.1`); `io`: anything else the disk says. Both are temporary. */
export type SpoolFaultKind = 'no-space' | 'io';

/** The spool could not take or give the bytes. The message is one line for the log; `cause` is what the system said. */
export class SpoolFault extends Error {
  override readonly name = 'SpoolFault';
  readonly kind: SpoolFaultKind;

  constructor(kind: SpoolFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const NO_SPACE: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What the system threw, as a fault of the spool. */
function toSpoolFault(error: unknown): SpoolFault {
  if (error instanceof SpoolFault) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return new SpoolFault(NO_SPACE.has(code) ? 'no-space' : 'io', `spool: ${describeError(error)}`, { cause: error });
}

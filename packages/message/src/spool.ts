import { createHash } from 'node:crypto';
import { runSteps, type Steps, wait } from '@vratny/waiting';
import type { ByteBudget } from './byte-budget.ts';
import type { Content } from './content.ts';
import { BLOCK_BYTES, FIRST_BLOCK_BYTES, MEMORY_MAX_BYTES } from './limits.ts';
import { SpoolFault, toSpoolFault } from './spool-fault.ts';
import { type OpenSpoolFile, openUnlinkedFile, type SpoolFile } from './spool-file.ts';
import { createSpooledContent } from './spooled-content.ts';

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

import { createHash } from 'node:crypto';
import { createBlockWriter } from './block-writer.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Content } from './content.ts';
import { MEMORY_MAX_BYTES } from './limits.ts';
import { SpoolFault, toSpoolFault } from './spool-fault.ts';
import { type OpenSpoolFile, openUnlinkedFile, type SpoolFile } from './spool-file.ts';
import { createBlockList } from './spool-memory.ts';
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
  /** Resolves when the bytes are taken; `chunk` may be reused then. Waiting for it is the backpressure. */
  write(chunk: Buffer): Promise<void>;
  /** Ends the message. From here on the content owns what the spool held. */
  finish(): Promise<Content>;
  /** Gives everything back; after `finish` it does nothing. Never rejects. */
  abort(): Promise<void>;
}

/** Creates the spool of one message: memory, then an unlinked file; hashed on the way. */
export function createSpool(options: SpoolOptions): Spool {
  const { directory, memoryMaxBytes = MEMORY_MAX_BYTES, budget, openFile = openUnlinkedFile } = options;
  const hash = createHash('sha256');
  const memory = createBlockList();
  const writer = createBlockWriter(memory);
  let file: SpoolFile | undefined;
  let chargedBytes = 0;
  let closed: SpoolFault | undefined;

  async function release(reason: SpoolFault): Promise<void> {
    if (closed !== undefined) return;
    closed = reason;
    memory.drain();
    budget?.give(chargedBytes);
    const open = file;
    file = undefined;
    await open?.close().catch(() => undefined);
  }
  async function orFault<T>(step: () => Promise<T>): Promise<T> {
    if (closed !== undefined) throw closed;
    try {
      return await step();
    } catch (error) {
      const fault = toSpoolFault(error);
      await release(fault);
      throw fault;
    }
  }
  async function openUnlessClosed(): Promise<SpoolFile> {
    const opened = await openFile(directory);
    if (closed === undefined) return opened;
    await opened.close().catch(() => undefined);
    throw closed;
  }
  async function take(chunk: Buffer): Promise<void> {
    if (budget?.take(chunk.length) === false) throw new SpoolFault('no-space', 'spool: too many octets of messages are in flight');
    chargedBytes += chunk.length;
    hash.update(chunk);
    if (file === undefined && memory.sizeBytes + chunk.length > memoryMaxBytes) file = await openUnlessClosed();
    if (file === undefined) return memory.append(chunk);
    return writer.write(file, chunk);
  }
  async function finish(): Promise<Content> {
    const sizeBytes = writer.writtenBytes + memory.sizeBytes;
    if (file !== undefined) await writer.flush(file);
    // Aborted meanwhile.
    if (closed !== undefined) throw closed;
    // The content must not keep what it does not need alive through this closure.
    const blocks = memory.drain();
    const storage = file === undefined ? { kind: 'memory' as const, blocks } : { kind: 'file' as const, file };
    closed = new SpoolFault('io', 'spool: the message was finished already');
    return createSpooledContent({ sizeBytes, sha256: hash.digest('hex'), storage, release: () => budget?.give(chargedBytes) });
  }
  return {
    write: (chunk) => orFault(() => take(chunk)),
    finish: () => orFault(finish),
    abort: () => release(new SpoolFault('io', 'spool: the message was aborted')),
  };
}

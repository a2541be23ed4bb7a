import type { ChildProcess } from 'node:child_process';
import { ArchiveFault } from '../fault.ts';
import { MEMORY_WATCH_MS } from '../limits.ts';
import { readAnswer, type Turn } from '../reader/messages.ts';
import type { Batch } from './batch.ts';
import { type ReaderChild, watchChild } from './child.ts';
import { createFrameWriter, type FrameWriter } from './frame-writer.ts';
import { residentBytes } from './resident.ts';

/** One reader process. */
export interface Reader {
  /** It has not ended. */
  readonly alive: boolean;
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  /** Parts that it read as archives so far. */
  readonly archives: number;
  /** CPU time it said it had used. */
  readonly cpuMs: number;
  /** Takes one turn; when it resolves the batch is complete. One at a time. After a rejection the reader is of no more use. */
  read(batch: Batch, turn: Turn, signal: AbortSignal | undefined): Promise<void>;
  /** Kills it. */
  close(): void;
}

/** What a reader is started with. */
export interface ReaderStart {
  readonly spawnReader: () => ChildProcess;
  readonly deadlineMs: number;
  readonly residentMaxBytes: number;
}

/** Starts a reader. That it cannot be started shows at the first reading. */
export function startReader(options: ReaderStart): Reader {
  const child = watchChild(options.spawnReader());
  const writer = createFrameWriter(child.stdin);
  let archives = 0;
  let cpuMs = 0;
  return {
    get alive() {
      return child.alive;
    },
    gone: child.gone,
    get archives() {
      return archives;
    },
    get cpuMs() {
      return cpuMs;
    },
    async read(batch, turn, signal) {
      await ask({ child, writer, options, batch, turn, signal });
      archives += batch.answers.filter((answer) => answer.opened).length;
      cpuMs = batch.answers.at(-1)?.cpuMs ?? cpuMs;
    },
    close: () => child.close(),
  };
}

interface Asking {
  readonly child: ReaderChild;
  readonly writer: FrameWriter;
  readonly options: ReaderStart;
  readonly batch: Batch;
  readonly turn: Turn;
  readonly signal: AbortSignal | undefined;
}

async function ask({ child, writer, options, batch, turn, signal }: Asking): Promise<void> {
  const { deadlineMs } = options;
  const answered = Promise.withResolvers<void>();
  child.expect((result) => {
    if (result instanceof ArchiveFault) return answered.reject(result);
    try {
      batch.answer(readAnswer(result));
    } catch {
      return child.fail('crash', 'its answer makes no sense');
    }
    if (batch.complete) answered.resolve();
  });
  if (!child.alive) child.fail('crash', 'it ended before');
  const abort = () => answered.reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const deadline = setTimeout(() => child.fail('deadline', `no answer within ${deadlineMs} ms`), deadlineMs);
  const watch = setInterval(() => void weigh(child, options.residentMaxBytes), MEMORY_WATCH_MS);
  try {
    // The last answer may be there before the pipe says that it has taken everything; a fault may come at any time.
    const sending = batch.send(writer, turn).then(() => (batch.complete ? undefined : answered.promise));
    await Promise.race([answered.promise, sending]);
    await sending;
  } catch (error) {
    // What was being sent is of no use any more.
    writer.stop();
    throw error;
  } finally {
    child.expect(undefined);
    clearTimeout(deadline);
    clearInterval(watch);
    signal?.removeEventListener('abort', abort);
  }
}

async function weigh(child: ReaderChild, maxBytes: number): Promise<void> {
  const bytes = child.pid === undefined ? undefined : await residentBytes(child.pid);
  if (bytes !== undefined && bytes > maxBytes) child.fail('memory', `${bytes} bytes resident`);
}

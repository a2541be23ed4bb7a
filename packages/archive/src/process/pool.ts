import { type Cancellation, createTurns } from '@vratny/waiting';
import { ArchiveFault } from '../fault.ts';
import { ARCHIVES_PER_READER, CPU_PER_READER_MS, WAITING_MAX_PER_READER } from '../limits.ts';
import type { ArchiveSource } from '../port.ts';
import type { Turn } from '../reader/messages.ts';
import type { Batch } from './batch.ts';
import { type Reader, type ReaderStart, startReader } from './reader.ts';

/** Reader processes, each for one batch at a time. */
export interface Pool {
  readonly closed: boolean;
  /** Has a batch read when its turn comes. Rejects with `ArchiveFault`, with the signal's reason, and with a source's own error. */
  read(batch: Batch, turn: Turn, signal: Cancellation | undefined): Promise<void>;
  /** Ends every process. Idempotent. */
  close(): Promise<void>;
}

/** What a pool is made with. */
export interface PoolOptions extends ReaderStart {
  readonly readers: number;
  readonly onCrash?: (fault: ArchiveFault, source: Pick<ArchiveSource, 'name'>) => void;
}

/** Creates a pool of at most `readers` processes, which are started when they are needed. */
export function createPool(options: PoolOptions): Pool {
  const idle: Reader[] = [];
  /** Every process that is not known to be gone. */
  const started = new Set<Reader>();
  const turns = createTurns({ atOnce: options.readers, waitingMax: options.readers * WAITING_MAX_PER_READER });
  let closed = false;

  function start(): Reader {
    const reader = startReader(options);
    started.add(reader);
    void reader.gone.then(() => started.delete(reader));
    return reader;
  }
  function takeAlive(): Reader | undefined {
    for (let reader = idle.pop(); reader !== undefined; reader = idle.pop()) if (reader.alive) return reader;
    return undefined;
  }
  async function readNow(batch: Batch, turn: Turn, signal: Cancellation | undefined): Promise<void> {
    // One that ended while it had nothing to do has harmed nobody.
    const reader = takeAlive() ?? start();
    try {
      await reader.read(batch, turn, signal);
      if (closed || reader.archives >= ARCHIVES_PER_READER || reader.cpuMs >= CPU_PER_READER_MS) reader.close();
      else idle.push(reader);
    } catch (error) {
      // It is in the middle of something: nobody else may get it.
      reader.close();
      if (error instanceof ArchiveFault && error.kind !== 'closed') options.onCrash?.(error, { name: unanswered(batch)?.name });
      throw error;
    }
  }
  return {
    get closed() {
      return closed;
    },
    async read(batch, turn, signal) {
      const taken = await turns.take(signal);
      if (taken.kind === 'aborted') throw signal?.reason;
      if (taken.kind !== 'turn') throw new ArchiveFault('busy', `${turns.waiting} archives wait already`);
      using _turn = taken;
      if (closed) throw new ArchiveFault('closed', 'closed while waiting');
      await readNow(batch, turn, signal);
    },
    async close() {
      closed = true;
      idle.length = 0;
      for (const reader of started) reader.close();
      await Promise.all([...started].map((reader) => reader.gone));
    },
  };
}

/** Answers come one by one: the first part without one is where the reader ended. */
function unanswered({ sent, answers }: Batch): ArchiveSource | undefined {
  return sent[answers.length];
}

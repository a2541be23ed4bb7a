import type { ChildProcess } from 'node:child_process';
import { type Cancellation, createTurns } from '@vratny/waiting';
import { ARCHIVES_PER_READER, CPU_PER_READER_MS, DEFAULT_BUDGET, WAITING_MAX_PER_READER } from './limits.ts';
import { ArchiveFault, type ArchiveReport, type ArchiveSource, type Archives, NOTHING_SPENT } from './port.ts';
import { type Batch, createBatch, type Reader, type ReaderStart, startReader } from './process/reader.ts';
import type { Turn } from './reader/messages.ts';

export { type ReaderCommand, readerCommand } from './process/command.ts';

/** How readers are run. */
export interface ProcessOptions {
  /**
   * Starts a program that does `runReader` on its stdin and stdout; both and stderr must be pipes. `readerCommand` puts
   * bounds around it.
   */
  readonly spawnReader: () => ChildProcess;
  /** The maximum number of processes; they are started when they are needed. */
  readonly readers: number;
  /**
   * Milliseconds for one batch of parts, from its first octet to the last answer; then the reader is killed. Must be
   * above the budget's `maxMs`.
   */
  readonly deadlineMs: number;
  /** Resident memory of one reader in octets; above it the reader is killed. */
  readonly residentMaxBytes: number;
  /** Called with each fault that an archive has caused, and the name of the part; to count and to log. */
  readonly onCrash?: (fault: ArchiveFault, source: Pick<ArchiveSource, 'name'>) => void;
}

/** Creates archives that are read in separate processes, one archive at a time in each. */
export function createProcessArchives(options: ProcessOptions): Archives {
  const pool = createPool(options);
  return {
    async list(sources, { budget } = {}, signal) {
      const reports: ArchiveReport[] = [];
      const parts = createQueue(sources);
      let before = NOTHING_SPENT;
      for (let first = parts.next(); first !== undefined; first = parts.next()) {
        if (pool.closed) throw new ArchiveFault('closed', 'closed before');
        const batch = createBatch(first, parts.next);
        await pool.read(batch, { budget: { ...DEFAULT_BUDGET, ...budget }, before }, signal);
        for (const { report } of batch.answers) reports.push(report);
        before = batch.answers.at(-1)?.spent ?? before;
      }
      return reports;
    },
    close: () => pool.close(),
  };
}

/** Returns the sources one by one, then undefined. */
function createQueue(sources: Iterable<ArchiveSource>): { readonly next: () => ArchiveSource | undefined } {
  const iterator = sources[Symbol.iterator]();
  return {
    next() {
      const source = iterator.next();
      return source.done === true ? undefined : source.value;
    },
  };
}

/** Reader processes, each for one batch at a time. */
interface Pool {
  readonly closed: boolean;
  /**
   * Has a batch read when its turn comes. Rejects with `ArchiveFault`, with the signal's reason, and with a source's
   * own error.
   */
  read(batch: Batch, turn: Turn, signal: Cancellation | undefined): Promise<void>;
  /** Ends every process. Idempotent. */
  close(): Promise<void>;
}

/** What a pool is made with. */
interface PoolOptions extends ReaderStart {
  readonly readers: number;
  readonly onCrash?: (fault: ArchiveFault, source: Pick<ArchiveSource, 'name'>) => void;
}

/** Creates a pool of at most `readers` processes, which are started when they are needed. */
function createPool(options: PoolOptions): Pool {
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
    // A reader that ended while it was idle has failed no request.
    let reader: Reader | undefined;
    try {
      reader = takeAlive() ?? start();
      await reader.read(batch, turn, signal);
      if (closed || reader.archives >= ARCHIVES_PER_READER || reader.cpuMs >= CPU_PER_READER_MS || reader.worn) reader.close();
      else idle.push(reader);
    } catch (error) {
      // It is in an unknown state, so it is not used again.
      reader?.close();
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

/** The part at which a reader ended: the first one without an answer. */
function unanswered({ sent, answers }: Batch): ArchiveSource | undefined {
  return sent[answers.length];
}

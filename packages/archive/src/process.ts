import type { ChildProcess } from 'node:child_process';
import { ArchiveFault } from './fault.ts';
import { DEFAULT_BUDGET } from './limits.ts';
import type { ArchiveReport, ArchiveSource, Archives } from './port.ts';
import { createBatch } from './process/batch.ts';
import { createPool } from './process/pool.ts';
import { NOTHING_SPENT } from './spending.ts';

export { type ReaderCommand, readerCommand } from './process/command.ts';

/** How readers are run. */
export interface ProcessOptions {
  /**
   * Starts a program that does `runReader` on its stdin and stdout; both and stderr must be pipes. `readerCommand` puts bounds around it.
   */
  readonly spawnReader: () => ChildProcess;
  /** Processes at most; they are started when they are needed. */
  readonly readers: number;
  /** Of one batch of parts, from its first byte to the last answer; above it the reader is killed. Must be above the budget's `maxMs`. */
  readonly deadlineMs: number;
  /** Of one reader; above it, it is killed. */
  readonly residentMaxBytes: number;
  /** Sees every fault that an archive has caused, and the name of the part; to count and to log. */
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

/** Sources one by one; undefined behind the last. */
function createQueue(sources: Iterable<ArchiveSource>): { readonly next: () => ArchiveSource | undefined } {
  const iterator = sources[Symbol.iterator]();
  return {
    next() {
      const source = iterator.next();
      return source.done === true ? undefined : source.value;
    },
  };
}

import type { ChildProcess } from 'node:child_process';
import { ArchiveFault } from './fault.ts';
import { ARCHIVES_PER_READER, CPU_PER_READER_MS, DEFAULT_BUDGET, WAITING_MAX_PER_READER } from './limits.ts';
import type { ArchiveReport, ArchiveSource, Archives } from './port.ts';
import { type Reader, startReader } from './process/reader.ts';
import { createTurns } from './process/turns.ts';
import type { Request } from './reader/messages.ts';

export { type ReaderCommand, readerCommand } from './process/command.ts';

/** How readers are run. */
export interface ProcessOptions {
  /**
   * Starts a program that does `runReader` on its stdin and stdout; both and stderr must be pipes. `readerCommand` puts bounds around it.
   */
  readonly spawnReader: () => ChildProcess;
  /** Processes at most; they are started when they are needed. */
  readonly readers: number;
  /** Of one archive, from its first byte to the answer; above it the reader is killed. Must be above the budget's `maxMs`. */
  readonly deadlineMs: number;
  /** Of one reader; above it, it is killed. */
  readonly residentMaxBytes: number;
  /** Sees every fault that an archive has caused; to count and to log. */
  readonly onCrash?: (fault: ArchiveFault, source: ArchiveSource) => void;
}

/** Creates archives that are read in separate processes, one archive at a time in each (DESIGN 6.5). */
export function createProcessArchives(options: ProcessOptions): Archives {
  const idle: Reader[] = [];
  /** Every process that is not known to be gone. */
  const started = new Set<Reader>();
  const turns = createTurns(options.readers, options.readers * WAITING_MAX_PER_READER);
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
  async function read(source: ArchiveSource, request: Request, signal: AbortSignal | undefined): Promise<ArchiveReport> {
    // One that ended while it had nothing to do has harmed nobody.
    const reader = takeAlive() ?? start();
    try {
      const report = await reader.read(source, request, signal);
      if (closed || reader.archives >= ARCHIVES_PER_READER || reader.cpuMs >= CPU_PER_READER_MS) reader.close();
      else idle.push(reader);
      return report;
    } catch (error) {
      // It is in the middle of something: nobody else may get it.
      reader.close();
      if (error instanceof ArchiveFault && error.kind !== 'closed') options.onCrash?.(error, source);
      throw error;
    }
  }
  return {
    async list(source, { budget } = {}, signal) {
      if (closed) throw new ArchiveFault('closed', 'closed before');
      const { name } = source;
      const request: Request = { ...(name !== undefined && { name }), budget: { ...DEFAULT_BUDGET, ...budget } };
      const done = await turns.take(signal);
      try {
        if (closed) throw new ArchiveFault('closed', 'closed while waiting');
        return await read(source, request, signal);
      } finally {
        done();
      }
    },
    async close() {
      closed = true;
      idle.length = 0;
      await Promise.all(
        [...started].map((reader) => {
          reader.close();
          return reader.gone;
        }),
      );
    },
  };
}

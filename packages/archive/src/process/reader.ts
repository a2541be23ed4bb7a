import type { ChildProcess } from 'node:child_process';
import { ArchiveFault } from '../fault.ts';
import { MEMORY_WATCH_MS } from '../limits.ts';
import type { ArchiveReport, ArchiveSource } from '../port.ts';
import { type Request, readAnswer } from '../reader/messages.ts';
import { type ReaderChild, watchChild } from './child.ts';
import { residentBytes } from './resident.ts';
import { sendRequest } from './send.ts';

/** One reader process. */
export interface Reader {
  /** It has not ended. */
  readonly alive: boolean;
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  /** Answered so far. */
  readonly archives: number;
  /** CPU time it said it had used. */
  readonly cpuMs: number;
  /** One at a time. After a rejection the reader is of no more use. */
  read(source: ArchiveSource, request: Request, signal: AbortSignal | undefined): Promise<ArchiveReport>;
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
    async read(source, request, signal) {
      const answer = readAnswer(await ask(child, options, source, request, signal));
      archives += 1;
      cpuMs = answer.cpuMs;
      return answer.report;
    },
    close: () => child.close(),
  };
}

async function ask(
  child: ReaderChild,
  options: ReaderStart,
  source: ArchiveSource,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const { deadlineMs } = options;
  const answered = Promise.withResolvers<Buffer>();
  child.expect((result) => (result instanceof ArchiveFault ? answered.reject(result) : answered.resolve(result)));
  if (!child.alive) child.fail('crash', 'it ended before');
  const abort = () => answered.reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const deadline = setTimeout(() => child.fail('deadline', `no answer within ${deadlineMs} ms`), deadlineMs);
  const watch = setInterval(() => void weigh(child, options.residentMaxBytes), MEMORY_WATCH_MS);
  try {
    // An answer may come early, and a fault too: then the rest need not be sent.
    const sending = sendRequest(child.stdin, source, request, answered.promise);
    return await Promise.race([answered.promise, sending.then(() => answered.promise)]);
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

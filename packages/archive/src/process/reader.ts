import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { type Cancellation, onAbort, startDeadline } from '@vratny/waiting';
import { ArchiveFault, type ArchiveFaultKind } from '../fault.ts';
import { ANSWER_MAX_BYTES, MEMORY_WATCH_MS, STDERR_MAX_BYTES } from '../limits.ts';
import { createFrameReader } from '../reader/frames.ts';
import { readAnswer, type Turn } from '../reader/messages.ts';
import { type Batch, createFrameWriter, type FrameWriter } from './batch.ts';

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
  read(batch: Batch, turn: Turn, signal: Cancellation | undefined): Promise<void>;
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
  readonly signal: Cancellation | undefined;
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
  using deadline = startDeadline(deadlineMs, { signal });
  const stopListening = onAbort(deadline.signal, () => {
    if (deadline.passed) child.fail('deadline', `no answer within ${deadlineMs} ms`);
    else answered.reject(deadline.signal.reason);
  });
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
    stopListening();
    clearInterval(watch);
  }
}

async function weigh(child: ReaderChild, maxBytes: number): Promise<void> {
  const bytes = child.pid === undefined ? undefined : await residentBytes(child.pid);
  if (bytes !== undefined && bytes > maxBytes) child.fail('memory', `${bytes} bytes resident`);
}

/** A reader's process, as what it answers or how it fails. */
interface ReaderChild {
  readonly pid: number | undefined;
  readonly alive: boolean;
  readonly stdin: Writable;
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  /** Where the next answer or fault goes; undefined: nowhere. */
  expect(settle: ((result: Buffer | ArchiveFault) => void) | undefined): void;
  /** Reports a fault and kills the process. */
  fail(kind: ArchiveFaultKind, detail: string): void;
  /** Kills it because it is no longer wanted. */
  close(): void;
}

/** Listens to a process that was just started. */
function watchChild(child: ChildProcess): ReaderChild {
  const { stdin, stdout } = pipesOf(child);
  let settle: ((result: Buffer | ArchiveFault) => void) | undefined;
  let closing = false;
  let printed = '';
  const frames = createFrameReader(ANSWER_MAX_BYTES);
  const gone = Promise.withResolvers<void>();

  function fail(kind: ArchiveFaultKind, detail: string): void {
    settle?.(new ArchiveFault(kind, detail));
    child.kill('SIGKILL');
  }
  stdout.on('data', (chunk: Buffer) => {
    try {
      for (const one of frames.push(chunk)) settle?.(one);
    } catch {
      fail('crash', 'its answer is too long');
    }
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    printed = `${printed}${chunk.toString()}`.slice(-STDERR_MAX_BYTES);
  });
  // Writing to a dead reader fails; that it is dead is what `exit` says.
  stdin.on('error', () => undefined);
  child.on('error', (error) => {
    fail('crash', error.message);
    gone.resolve();
  });
  // Not `exit`: what it printed last arrives after that.
  child.on('close', (code, signal) => {
    fail(closing ? 'closed' : 'crash', `${signal ?? `exit code ${code}`} ${tellingLine(printed)}`.trim());
    gone.resolve();
  });
  return {
    pid: child.pid,
    get alive() {
      return child.exitCode === null && child.signalCode === null;
    },
    stdin,
    gone: gone.promise,
    expect(next) {
      settle = next;
    },
    fail,
    close() {
      closing = true;
      child.kill('SIGKILL');
    },
  };
}

function pipesOf(child: ChildProcess): { readonly stdin: Writable; readonly stdout: Readable } {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new TypeError('a reader needs pipes for stdin and stdout');
  return { stdin, stdout };
}

/** The line that says most: Node ends its own reports with its version. */
function tellingLine(text: string): string {
  const lines = text.trimEnd().split('\n');
  return (lines.find((line) => /error/iu.test(line)) ?? lines.at(-1) ?? '').slice(0, 200);
}

/** Pages are 4 KiB on every machine that this runs on; where they are larger, the bound is that much wider. */
const PAGE_BYTES = 4096;

/** Resident memory of a process in bytes; undefined where it cannot be told (it ended, or this is not Linux). */
async function residentBytes(pid: number): Promise<number | undefined> {
  try {
    const pages = Number((await readFile(`/proc/${pid}/statm`, 'latin1')).split(' ')[1]);
    return Number.isFinite(pages) ? pages * PAGE_BYTES : undefined;
  } catch {
    return undefined;
  }
}

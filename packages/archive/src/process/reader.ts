import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { type Cancellation, onAbort, startDeadline } from '@vratny/waiting';
import { ANSWER_MAX_BYTES, BATCH_BYTES, BATCH_PARTS_MAX, MEMORY_WATCH_MS, READ_BYTES, STDERR_MAX_BYTES } from '../limits.ts';
import { ArchiveFault, type ArchiveFaultKind, type ArchiveSource, namesOf } from '../port.ts';
import { createFrameReader, lengthOf } from '../reader/frames.ts';
import { type Answer, type PartHead, readMessage, type Turn } from '../reader/messages.ts';

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
  /**
   * Takes one turn; when it resolves the batch is complete. One at a time. After a rejection the reader is of no more
   * use.
   */
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
      batch.answer(readMessage('answer', result));
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
    fail('machine', error.message);
    gone.resolve();
  });
  // Not `exit`: what it printed last arrives after that.
  child.on('close', (code, signal) => {
    // Whatever an archive does to it is a signal: with an exit code it ended by itself.
    const kind = signal === null ? 'machine' : 'crash';
    fail(closing ? 'closed' : kind, `${signal ?? `exit code ${code}`} ${tellingLine(printed)}`.trim());
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

/** The parts that go to a reader in one turn, and its answers. */
export interface Batch {
  /** Given to the reader so far, the last one perhaps in part. */
  readonly sent: readonly ArchiveSource[];
  /** To as many of them, in order. */
  readonly answers: readonly Answer[];
  /** All are sent and answered. */
  readonly complete: boolean;
  /** Sends as many parts as a batch may have. Ends early when the writer was stopped. Rejects with a source's error. */
  send(writer: FrameWriter, turn: Turn): Promise<void>;
  answer(answer: Answer): void;
}

const END = new Uint8Array(0);

/** Creates a batch that begins with `first` and goes on with what `next` gives, until that is undefined. */
export function createBatch(first: ArchiveSource, next: () => ArchiveSource | undefined): Batch {
  const sent: ArchiveSource[] = [];
  const answers: Answer[] = [];
  let allSent = false;
  let sentBytes = 0;

  async function sendPart(writer: FrameWriter, source: ArchiveSource): Promise<void> {
    const { bytes } = source;
    const head: PartHead = { names: namesOf(source) };
    await writer.write(Buffer.from(JSON.stringify(head)));
    for await (const chunk of bytes) {
      sentBytes += chunk.length;
      for (let at = 0; at < chunk.length; at += READ_BYTES) await writer.write(chunk.subarray(at, at + READ_BYTES));
      if (writer.stopped) return;
    }
    await writer.write(END);
  }
  return {
    sent,
    answers,
    get complete() {
      return allSent && answers.length === sent.length;
    },
    async send(writer, turn) {
      await writer.write(Buffer.from(JSON.stringify(turn)));
      for (let part: ArchiveSource | undefined = first; part !== undefined && !writer.stopped; ) {
        sent.push(part);
        await sendPart(writer, part);
        part = sent.length < BATCH_PARTS_MAX && sentBytes < BATCH_BYTES ? next() : undefined;
      }
      await writer.write(END);
      allSent = true;
      await writer.flush();
    },
    answer(answer) {
      answers.push(answer);
    },
  };
}

/** Writes frames into a pipe with backpressure. Calls must not overlap. */
interface FrameWriter {
  readonly stopped: boolean;
  /** Resolves when `bytes` may be used again: they are copied. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends what waits, and resolves when the pipe has taken it. */
  flush(): Promise<void>;
  /** Nothing is written any more, and nobody waits. */
  stop(): void;
}

/**
 * Creates a writer that owns one block: small frames go in one write, and however large a part is, no more than the
 * block is in flight. The block is filled again only when the pipe has taken it, so that nothing is left for the
 * garbage collector.
 */
function createFrameWriter(pipe: Writable): FrameWriter {
  const block = Buffer.allocUnsafeSlow(READ_BYTES);
  let used = 0;
  let stopped = false;
  let wake: () => void = () => undefined;

  async function flush(): Promise<void> {
    if (used === 0 || stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    // When it fails the reader is dead, which others see.
    pipe.write(block.subarray(0, used), () => resolve());
    await promise;
    used = 0;
  }
  async function append(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length && !stopped; ) {
      const piece = bytes.subarray(from, from + block.length - used);
      block.set(piece, used);
      used += piece.length;
      from += piece.length;
      if (used === block.length) await flush();
    }
  }
  return {
    get stopped() {
      return stopped;
    },
    async write(bytes) {
      await append(lengthOf(bytes));
      await append(bytes);
    },
    flush,
    stop() {
      stopped = true;
      wake();
    },
  };
}

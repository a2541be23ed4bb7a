import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { describeError } from '@vratny/text';
import { type Cancellation, onAbort, startDeadline } from '@vratny/waiting';
import { ANSWER_MAX_BYTES, BATCH_BYTES, BATCH_PARTS_MAX, MEMORY_WATCH_MS, READ_BYTES, READER_FAILED, STDERR_MAX_BYTES } from '../limits.ts';
import { ArchiveFault, type ArchiveFaultKind, type ArchiveSource, namesOf } from '../port.ts';
import { createFrameReader, lengthOf } from '../reader/frames.ts';
import { type Answer, type PartHead, readMessage, type Turn } from '../reader/messages.ts';

/** One reader process. */
export interface Reader {
  /** False when it has ended. */
  readonly alive: boolean;
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  /** How many parts it has read as archives. */
  readonly archives: number;
  /** Milliseconds of CPU time that it reported. */
  readonly cpuMs: number;
  /** It said that it must read no other archive. */
  readonly worn: boolean;
  /**
   * Reads one batch; resolves when it is complete. Calls must not overlap. After a rejection the reader must not be
   * used again.
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

/** @throws ArchiveFault when the system has no process to give */
function spawned({ spawnReader }: ReaderStart): ChildProcess {
  try {
    // What cannot be started says so by this event, which nobody may miss.
    return spawnReader().on('error', () => undefined);
  } catch (error) {
    throw new ArchiveFault('machine', describeError(error));
  }
}

/**
 * Starts a reader. If it cannot be started, the first `read` rejects. @throws ArchiveFault when the system has no
 * process or no pipes to give
 */
export function startReader(options: ReaderStart): Reader {
  const child = watchChild(spawned(options));
  const writer = createFrameWriter(child.stdin);
  let archives = 0;
  let cpuMs = 0;
  let worn = false;
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
    get worn() {
      return worn;
    },
    async read(batch, turn, signal) {
      await ask({ child, writer, options, batch, turn, signal });
      archives += batch.answers.filter((answer) => answer.opened).length;
      cpuMs = batch.answers.at(-1)?.cpuMs ?? cpuMs;
      worn ||= batch.answers.some((answer) => answer.worn === true);
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
    // The last answer may arrive before the pipe has taken everything; a fault may come at any time.
    const sending = batch.send(writer, turn).then(() => (batch.complete ? undefined : answered.promise));
    await Promise.race([answered.promise, sending]);
    await sending;
  } catch (error) {
    // The rest of the batch is not sent.
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
  if (bytes === undefined) return;
  child.heavy = bytes > maxBytes / 2;
  if (bytes > maxBytes) child.fail('memory', `${bytes} bytes resident`);
}

/** A reader's process: its answers and its faults. */
interface ReaderChild {
  readonly pid: number | undefined;
  readonly alive: boolean;
  readonly stdin: Writable;
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  /** Sets the receiver of the next answer or fault; undefined: none. */
  expect(settle: ((result: Buffer | ArchiveFault) => void) | undefined): void;
  /** At the last look it held more than half of what it may. */
  heavy: boolean;
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
  let answered = false;
  let printed = '';
  const frames = createFrameReader(ANSWER_MAX_BYTES);
  const gone = Promise.withResolvers<void>();

  function fail(kind: ArchiveFaultKind, detail: string): void {
    settle?.(new ArchiveFault(kind, detail));
    child.kill('SIGKILL');
  }
  stdout.on('data', (chunk: Buffer) => {
    answered = true;
    try {
      for (const one of frames.push(chunk)) settle?.(one);
    } catch {
      fail('crash', 'its answer is too long');
    }
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    printed = `${printed}${chunk.toString()}`.slice(-STDERR_MAX_BYTES);
  });
  // Writing to a reader that has ended fails; its end is reported by `exit`.
  stdin.on('error', () => undefined);
  child.on('error', (error) => {
    fail('machine', error.message);
    gone.resolve();
  });
  // Not `exit`: its last output arrives after that.
  child.on('close', (code, signal) => {
    const kind = isOwnFailure({ code, signal, answered, heavy: reader.heavy }) ? 'machine' : 'crash';
    fail(closing ? 'closed' : kind, `${signal ?? `exit code ${code}`} ${tellingLine(printed)}`.trim());
    gone.resolve();
  });
  const reader: ReaderChild = {
    pid: child.pid,
    heavy: false,
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
  return reader;
}

/** How a reader ended. */
interface ReaderEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly answered: boolean;
  readonly heavy: boolean;
}

/**
 * Whether the machine ended it, and not an archive: it says so, it never came to answer, or somebody else killed it
 * (the kernel does when memory is short, whoever uses it).
 */
function isOwnFailure({ code, signal, answered, heavy }: ReaderEnd): boolean {
  return signal === null ? code === READER_FAILED || !answered : signal === 'SIGKILL' && !heavy;
}

function pipesOf(child: ChildProcess): { readonly stdin: Writable; readonly stdout: Readable } {
  const { stdin, stdout } = child;
  // Without descriptors left Node gives none at all.
  if (!stdin || !stdout) throw new ArchiveFault('machine', 'there are no pipes for it');
  return { stdin, stdout };
}

/** The most informative line of the output: Node prints its version as the last line. */
function tellingLine(text: string): string {
  const lines = text.trimEnd().split('\n');
  return (lines.find((line) => /error/iu.test(line)) ?? lines.at(-1) ?? '').slice(0, 200);
}

/** The page size of most machines; where pages are larger, the bound is larger too. */
const PAGE_BYTES = 4096;

/**
 * Resident memory of a process in octets; undefined when it is not known (the process has ended, or this is not Linux).
 */
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
  /** The parts that were sent to the reader, the last one perhaps in part. */
  readonly sent: readonly ArchiveSource[];
  /** The answers to the first parts, in order. */
  readonly answers: readonly Answer[];
  /** True when all parts are sent and answered. */
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
  /** Sends buffered octets; resolves when the pipe has taken them. */
  flush(): Promise<void>;
  /** Stops writing; calls that wait resolve. */
  stop(): void;
}

/**
 * Creates a writer with one block: small frames are written together, and of a large part no more than the block is in
 * flight. The block is reused when the pipe has taken it, so that no garbage is made.
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
    // A failure means that the reader has ended, which is reported by `exit`.
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

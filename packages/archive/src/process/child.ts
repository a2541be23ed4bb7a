import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { ArchiveFault, type ArchiveFaultKind } from '../fault.ts';
import { ANSWER_MAX_BYTES, STDERR_MAX_BYTES } from '../limits.ts';
import { createFrameReader } from '../reader/frames.ts';

/** A reader's process, as what it answers or how it fails. */
export interface ReaderChild {
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
export function watchChild(child: ChildProcess): ReaderChild {
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

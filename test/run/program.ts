import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** A program of `node_modules/.bin`, run with live output. */
export interface Program {
  readonly name: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
}

/** How it ended; `why` is undefined when it did well. */
export interface Ending {
  readonly why?: string;
}

const ROOT = join(import.meta.dirname, '..', '..');
const BIN = join(ROOT, 'node_modules', '.bin');
/** Node keeps compiled sources here: the suites start mx and mxctl hundreds of times, and a start then takes half of the time. */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'compiled');
/** What a program gets to tidy up after the friendly signal. */
const KILL_AFTER_MS = 5_000;

/**
 * Runs a program in a process group of its own, so that a time-out or Ctrl-C ends it with everything that it started.
 */
export function runProgram(program: Program): Promise<Ending> {
  const path = `${BIN}${delimiter}${process.env['PATH'] ?? ''}`;
  const child = spawn(join(BIN, program.name), program.args, {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, PATH: path, NODE_COMPILE_CACHE: COMPILED },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const group = (signal: NodeJS.Signals) => killGroup(child.pid, signal);
  let why: string | undefined;
  const stop = (reason: string) => {
    why ??= reason;
    group('SIGTERM');
    setTimeout(() => group('SIGKILL'), KILL_AFTER_MS).unref();
  };
  const timer = setTimeout(() => stop(`was stopped after ${program.timeoutMs / 1000} s`), program.timeoutMs);
  const interrupt = () => stop('was interrupted');
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  return new Promise<Ending>((resolve) => {
    child.once('error', (error) => resolve({ why: `cannot be started: ${error.message}` }));
    child.once('exit', (code, signal) => {
      if (code === 0 && why === undefined) resolve({});
      else resolve({ why: why ?? (code === null ? `ended by ${signal}` : `exit code ${code}`) });
    });
  }).finally(() => {
    clearTimeout(timer);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  });
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone already.
  }
}

import { readFileSync } from 'node:fs';
import { describeError } from '@vratny/text';
import { type Cancellation, createCanceller, pause, throwIfAborted } from '@vratny/waiting';
import { DAEMON_START_MS, POLL_MS, RESTARTS_MAX } from './limits.ts';
import type { RunningProgram } from './running-program.ts';

/** What is to be kept, and how. */
export interface KeptDaemonOptions {
  readonly name: string;
  /** Starts it; resolves when it serves, rejects when it does not or when the signal ends the waiting. */
  readonly start: (signal: Cancellation) => Promise<Pick<RunningProgram, 'exited' | 'stop'>>;
  readonly say: (line: string) => void;
  /** Ends the waiting for the first start. */
  readonly signal?: Cancellation;
}

/** A daemon that was started again when it ended, but once only. */
export interface KeptDaemon {
  /** Stops it, and what it started, for good. */
  stop(): Promise<void>;
}

/** Starts a daemon and watches it. Rejects as `start` does. */
export async function keepDaemon({ name, start, say, signal }: KeptDaemonOptions): Promise<KeptDaemon> {
  const stopping = createCanceller();
  const ending = createCanceller(signal, stopping.signal);
  const ended = ending.signal;
  let program = await start(ended);
  const watched = watch();

  async function watch(): Promise<void> {
    for (let restarts = 0; ; restarts += 1) {
      const why = await program.exited;
      if (stopping.signal.aborted) return;
      // Its workers go on serving without it, and keep its port.
      await program.stop();
      if (restarts === RESTARTS_MAX) return say(`${name} has ended again (${why}) and is not started once more`);
      say(`${name} has ended (${why}); it is started again, once`);
      try {
        program = await start(ended);
      } catch (error) {
        if (!ended.aborted) say(`${name} did not come back: ${firstLine(error)}`);
        return;
      }
    }
  }

  return {
    async stop() {
      stopping.abort();
      ending[Symbol.dispose]();
      await program.stop();
      await watched;
      // One that was just coming back.
      await program.stop();
    },
  };
}

function firstLine(error: unknown): string {
  return describeError(error).split('\n')[0] ?? '';
}

/** A daemon that was just started. */
interface StartingDaemon {
  readonly name: string;
  readonly program: RunningProgram;
  /** True when it serves; never rejects. */
  readonly serves: () => Promise<boolean>;
  /** Where it logs: shown with its output when it fails. */
  readonly logFile: string;
  readonly signal?: Cancellation | undefined;
}

/** Resolves when it serves. Rejects when it ends, takes too long or is no longer wanted; it is then stopped. */
export async function waitUntilServing({ name, program, serves, logFile, signal }: StartingDaemon): Promise<RunningProgram> {
  const explain = () => `${program.stdout()}${program.stderr()}${readLog(logFile)}`;
  const end = performance.now() + DAEMON_START_MS;
  try {
    while (!(await serves())) {
      throwIfAborted(signal);
      if (program.ending() !== undefined) throw new Error(`${name} ended while it started\n${explain()}`);
      if (performance.now() > end) throw new Error(`${name} does not serve after ${DAEMON_START_MS / 1000} s\n${explain()}`);
      await pause(POLL_MS, signal);
    }
    return program;
  } catch (error) {
    await program.stop();
    throw error;
  }
}

/** A daemon's log file; empty while there is none. */
function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

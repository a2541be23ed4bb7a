import { setTimeout as sleep } from 'node:timers/promises';
import { DAEMON_START_MS, POLL_MS } from './limits.ts';
import type { RunningProgram } from './running-program.ts';

/** A daemon that was just started. */
export interface StartingDaemon {
  readonly name: string;
  readonly program: RunningProgram;
  /** True when it serves; never rejects. */
  readonly serves: () => Promise<boolean>;
  /** What it has said, for the message of a failure. */
  readonly explain: () => string;
  readonly signal?: AbortSignal | undefined;
}

/** Resolves when it serves. Rejects when it ends, takes too long or is no longer wanted; it is then stopped. */
export async function waitUntilServing({ name, program, serves, explain, signal }: StartingDaemon): Promise<RunningProgram> {
  const end = performance.now() + DAEMON_START_MS;
  try {
    while (!(await serves())) {
      signal?.throwIfAborted();
      if (program.ending() !== undefined) throw new Error(`${name} ended while it started\n${explain()}`);
      if (performance.now() > end) throw new Error(`${name} does not serve after ${DAEMON_START_MS / 1000} s\n${explain()}`);
      await sleep(POLL_MS);
    }
    return program;
  } catch (error) {
    await program.stop();
    throw error;
  }
}

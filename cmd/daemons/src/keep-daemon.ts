import { RESTARTS_MAX } from './limits.ts';
import type { RunningProgram } from './running-program.ts';

/** What is to be kept, and how. */
export interface KeptDaemonOptions {
  readonly name: string;
  /** Starts it; resolves when it serves, rejects when it does not or when the signal ends the waiting. */
  readonly start: (signal: AbortSignal) => Promise<Pick<RunningProgram, 'exited' | 'stop'>>;
  readonly say: (line: string) => void;
  /** Ends the waiting for the first start. */
  readonly signal?: AbortSignal;
}

/** A daemon that was started again when it ended, but once only. */
export interface KeptDaemon {
  /** Stops it, and what it started, for good. */
  stop(): Promise<void>;
}

/** Starts a daemon and watches it. Rejects as `start` does. */
export async function keepDaemon({ name, start, say, signal }: KeptDaemonOptions): Promise<KeptDaemon> {
  const stopping = new AbortController();
  const ended = signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal;
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
      await program.stop();
      await watched;
      // One that was just coming back.
      await program.stop();
    },
  };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

import { describeError } from '@vratny/text';
import { pause } from '@vratny/waiting';
import { PART_AGAIN_MAX_MS, PART_AGAIN_MS, PART_STEADY_MS } from './limits.ts';

/** How one part of a process is kept running. */
interface PartOptions {
  /** Runs until the signal; resolves earlier when there is nothing for it to do. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  /** Told of each failure, in one line, with when it is tried again. */
  readonly onFault: (detail: string) => void;
  /** Milliseconds on a clock that never goes back; that of the process unless given. */
  readonly monotonicMs?: () => number;
  /** Waits; by the clock of the process unless given. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Starts a part again when it fails, the later the more often it failed in a row; other parts go on meanwhile. Never rejects. */
export async function keepPart({ run, signal, onFault, monotonicMs = () => performance.now(), wait = pause }: PartOptions): Promise<void> {
  let againMs = PART_AGAIN_MS;
  while (!signal.aborted) {
    const began = monotonicMs();
    try {
      await run(signal);
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (monotonicMs() - began >= PART_STEADY_MS) againMs = PART_AGAIN_MS;
      onFault(`${describeError(error)}; it is started again in ${againMs / 1000} s`);
      await wait(againMs, signal);
      againMs = Math.min(2 * againMs, PART_AGAIN_MAX_MS);
    }
  }
}

import { type Cancellation, createTurns as createFairTurns, type Deadline, startDeadline, until } from '@vratny/waiting';
import { ScannerFault } from './scanner-fault.ts';

/**
 * A deadline of `timeoutMs`, or the caller's end. When the time is over its signal has a {@link ScannerFault} as its
 * reason. Dispose it.
 */
export function createPatience(signal: Cancellation, timeoutMs: number, what: string): Deadline {
  return startDeadline(timeoutMs, { signal, reason: () => new ScannerFault('timeout', `${what} within ${timeoutMs} ms`) });
}

/** What a scan of a message of `sizeBytes` may take: a fixed time, and more for each MiB. */
export interface Allowance {
  readonly fixedMs: number;
  readonly perMibMs: number;
  readonly sizeBytes: number;
}

/** The same for a scan. */
export function createScanPatience(signal: Cancellation, { fixedMs, perMibMs, sizeBytes }: Allowance, what: string): Deadline {
  return createPatience(signal, Math.ceil(fixedMs + (perMibMs * sizeBytes) / (1024 * 1024)), what);
}

/** Why a signal was aborted, as a fault. */
export function reasonOf({ reason }: Cancellation): ScannerFault {
  return reason instanceof ScannerFault ? reason : new ScannerFault('aborted', 'the scan was given up');
}

/** The promise's value, unless the signal is aborted before: then it rejects with the signal's fault at once. */
export function orAborted<T>(promise: Promise<T>, signal: Cancellation): Promise<T> {
  return until(promise, signal, () => {
    throw reasonOf(signal);
  });
}

/** How many may work at once, how many may wait, and how long. */
export interface TurnLimits {
  readonly atOnce: number;
  readonly waitingMax: number;
  readonly waitingMs: number;
}

/** Scans in the order in which they were asked for, so many at once. */
export interface Turns {
  /**
   * Runs `work` when its turn comes. Rejects with `ScannerFault` (`busy`, or what the signal says) when it does not
   * come.
   */
  run<T>(signal: Cancellation, work: () => Promise<T>): Promise<T>;
}

/** Makes them. */
export function createTurns({ atOnce, waitingMax, waitingMs }: TurnLimits): Turns {
  const turns = createFairTurns({ atOnce, waitingMax, waitingMs });
  return {
    async run(signal, work) {
      const taken = await turns.take(signal);
      if (taken.kind === 'aborted') throw reasonOf(signal);
      if (taken.kind === 'late') throw new ScannerFault('busy', `no turn within ${waitingMs} ms`);
      if (taken.kind !== 'turn') throw new ScannerFault('busy', `${waitingMax} scans are waiting already`);
      using _turn = taken;
      return await work();
    },
  };
}

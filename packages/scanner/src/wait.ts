import { ScannerFault, type ScannerFaultKind } from './scanner-fault.ts';

/** An abort signal with a deadline of its own. */
export interface Patience extends Disposable {
  /** Aborted with a {@link ScannerFault} as its reason. */
  readonly signal: AbortSignal;
  /** Ends the waiting with this fault; the first one holds. */
  end(fault: ScannerFault): void;
}

/** Waits until `signal` says so, or `timeoutMs` have passed, or somebody ends it. Dispose it, or its timer keeps running. */
export function createPatience(signal: AbortSignal, timeoutMs: number, what: string): Patience {
  const over = new AbortController();
  const end = (fault: ScannerFault) => over.abort(fault);
  const onAbort = () => end(reasonOf(signal));
  const timer = setTimeout(() => end(new ScannerFault('timeout', `${what} within ${timeoutMs} ms`)), timeoutMs);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: over.signal,
    end,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}

/** Why a signal was aborted, as a fault. */
export function reasonOf(signal: AbortSignal, kind: ScannerFaultKind = 'aborted'): ScannerFault {
  const reason: unknown = signal.reason;
  return reason instanceof ScannerFault ? reason : new ScannerFault(kind, 'the scan was given up');
}

/** The promise's value, unless the signal is aborted before: then it rejects with the signal's fault at once. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(reasonOf(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** What a message of this size may take, in milliseconds. */
export function allowance(fixedMs: number, perMibMs: number, sizeBytes: number): number {
  return Math.ceil(fixedMs + (perMibMs * sizeBytes) / (1024 * 1024));
}

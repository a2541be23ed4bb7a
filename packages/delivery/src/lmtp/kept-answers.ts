import type { Admission } from '../port.ts';
import { ANSWER_KEPT_MS, ANSWERS_MAX } from './limits.ts';

/** What a server answered. */
export interface Answer {
  readonly admission: Admission;
  /** True when the server is told sizes (RFC 1870), so that its answer is about the size that was asked for. */
  readonly sized: boolean;
}

/** Answers of the store that are still believed. Faults are never kept. */
export interface KeptAnswers {
  find(address: string, sizeBytes: number): Admission | undefined;
  keep(address: string, sizeBytes: number, answer: Answer): void;
  /** The store said something else meanwhile. */
  forget(address: string): void;
}

interface Kept extends Answer {
  readonly sizeBytes: number;
  readonly at: number;
}

/** Creates an empty memory of at most {@link ANSWERS_MAX} answers, the newest for each mailbox, each for 30 s. */
export function createKeptAnswers(now: () => Date): KeptAnswers {
  const kept = new Map<string, Kept>();
  return {
    find(address, sizeBytes) {
      const found = kept.get(address);
      if (found === undefined) return undefined;
      const age = now().getTime() - found.at;
      // Below 0 when the clock was set back.
      if (age >= 0 && age < ANSWER_KEPT_MS) return holdsFor(found, sizeBytes) ? found.admission : undefined;
      kept.delete(address);
      return undefined;
    },
    keep(address, sizeBytes, answer) {
      if (answer.admission.kind === 'fault') return;
      // A Map keeps the order of setting, so the first is the oldest.
      kept.delete(address);
      kept.set(address, { ...answer, sizeBytes, at: now().getTime() });
      const [oldest] = kept.keys();
      if (kept.size > ANSWERS_MAX && oldest !== undefined) kept.delete(oldest);
    },
    forget: (address) => void kept.delete(address),
  };
}

/** What has room has room for less, and what is too full for a size is so for more. */
function holdsFor({ admission, sized, sizeBytes }: Kept, wanted: number): boolean {
  if (!sized || admission.kind === 'unknown') return true;
  return admission.kind === 'full' ? wanted >= sizeBytes : wanted <= sizeBytes;
}

import { BEAT_MS, LATE_MS, SILENT_BEATS } from '../limits.ts';

/** Finds out which workers are silent. */
export interface SilenceWatch<T> {
  /** Watches one from now on. */
  add(worker: T): void;
  /** It was heard. */
  heard(worker: T): void;
  remove(worker: T): void;
  /** Once every {@link BEAT_MS}: who has been silent for {@link SILENT_BEATS} of them. Each is told once. */
  look(): readonly T[];
}

/**
 * Counts looks without a beat between them. A look that comes late says that this process did not run, or the whole machine: what others said
 * meanwhile may not have been read yet, so nobody's silence counts, and everybody's count begins anew.
 */
export function createSilenceWatch<T>(monotonicMs: () => number): SilenceWatch<T> {
  const silentLooks = new Map<T, number>();
  let lookedAt = monotonicMs();
  return {
    add: (worker) => void silentLooks.set(worker, 0),
    heard(worker) {
      if (silentLooks.has(worker)) silentLooks.set(worker, 0);
    },
    remove: (worker) => void silentLooks.delete(worker),
    look() {
      const now = monotonicMs();
      const late = now - lookedAt > BEAT_MS + LATE_MS;
      lookedAt = now;
      const silent: T[] = [];
      for (const [worker, looks] of silentLooks) {
        silentLooks.set(worker, late ? 0 : looks + 1);
        if (!late && looks + 1 > SILENT_BEATS) silent.push(worker);
      }
      for (const worker of silent) silentLooks.delete(worker);
      return silent;
    },
  };
}

import { type Cancellation, withGrace } from '@vratny/waiting';
import type { Outcome } from '../port.ts';

/** How a copy that is being stored and its caller signal each other. */
export interface Watch {
  /** The caller no longer waits. */
  readonly abandoned: boolean;
  /**
   * Called right before the rename. From here on the outcome of an abandoned copy is `uncertain`, and the copy must not
   * be removed: a retry may have found it and reported it as stored. @throws Error when the caller no longer waits
   */
  handOver(): void;
}

/**
 * Waits for a copy until the delivery ends, and `graceMs` longer so that it can clean up. After that (the disk or
 * network file system hangs) the outcome is `delayed`, and the copy learns that it was abandoned. `resumed`: an earlier
 * attempt may have stored it.
 */
export function untilEnded(
  work: (watch: Watch) => Promise<Outcome>,
  { signal, graceMs, resumed }: { readonly signal: Cancellation; readonly graceMs: number; readonly resumed: boolean },
): Promise<Outcome> {
  let abandoned = false;
  let uncertain = resumed;
  const watch: Watch = {
    get abandoned() {
      return abandoned;
    },
    handOver() {
      if (abandoned) throw new Error('the disk did not answer in time');
      uncertain = true;
    },
  };
  const abandon = (): Outcome => {
    abandoned = true;
    return { kind: 'delayed', detail: 'maildir: the disk did not answer in time', ...(uncertain ? { uncertain } : {}) };
  };
  return withGrace(work(watch), signal, graceMs, abandon);
}

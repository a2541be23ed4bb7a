import { type Cancellation, withGrace } from '@vratny/waiting';
import type { Outcome } from '../port.ts';

/** How a copy under way and the one who waits for it keep in touch. */
export interface Watch {
  /** Nobody waits any more. */
  readonly abandoned: boolean;
  /**
   * Says that the next step puts the message where its reader sees it. From now on an abandoned copy is `uncertain`, and must not be taken
   * back any more: its retry may have found it and said `stored`. @throws Error when nobody waits any more
   */
  handOver(): void;
}

/**
 * Waits for a copy: as long as the delivery may last, and `graceMs` more, so that it can clean up and say what became of it. Beyond that
 * (a disk or network file system that hangs) the outcome is `delayed` and the work learns that it was abandoned. `doubted`: an earlier attempt
 * may have stored it.
 */
export function untilEnded(
  work: (watch: Watch) => Promise<Outcome>,
  { signal, graceMs, doubted }: { readonly signal: Cancellation; readonly graceMs: number; readonly doubted: boolean },
): Promise<Outcome> {
  let abandoned = false;
  let uncertain = doubted;
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

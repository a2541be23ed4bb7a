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
export async function untilEnded(
  work: (watch: Watch) => Promise<Outcome>,
  { signal, graceMs, doubted }: { readonly signal: AbortSignal; readonly graceMs: number; readonly doubted: boolean },
): Promise<Outcome> {
  const late = Promise.withResolvers<Outcome>();
  let timer: NodeJS.Timeout | undefined;
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
  function abandon(): void {
    abandoned = true;
    late.resolve({ kind: 'delayed', detail: 'maildir: the disk did not answer in time', ...(uncertain ? { uncertain } : {}) });
  }
  function startGrace(): void {
    timer = setTimeout(abandon, graceMs);
  }
  if (signal.aborted) startGrace();
  else signal.addEventListener('abort', startGrace, { once: true });
  try {
    return await Promise.race([work(watch), late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', startGrace);
  }
}

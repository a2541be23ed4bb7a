import type { Outcome } from '../port.ts';

/**
 * Waits for a copy: as long as the delivery may last, and `graceMs` more, so that it can clean up and say what became of it. Beyond that
 * (a disk or network file system that hangs) the outcome is `delayed` and the work learns that it was abandoned.
 */
export async function untilEnded(
  work: (abandoned: AbortSignal) => Promise<Outcome>,
  signal: AbortSignal,
  graceMs: number,
): Promise<Outcome> {
  const abandoned = new AbortController();
  const late = Promise.withResolvers<Outcome>();
  let timer: NodeJS.Timeout | undefined;
  function abandon(): void {
    abandoned.abort();
    late.resolve({ kind: 'delayed', detail: 'maildir: the disk did not answer in time' });
  }
  function startGrace(): void {
    timer = setTimeout(abandon, graceMs);
  }
  if (signal.aborted) startGrace();
  else signal.addEventListener('abort', startGrace, { once: true });
  try {
    return await Promise.race([work(abandoned.signal), late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', startGrace);
  }
}

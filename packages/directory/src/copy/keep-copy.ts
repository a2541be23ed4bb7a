import { describeError } from '@vratny/text';
import { pause } from '@vratny/waiting';
import { COPY_EVERY_MS, DOUBT_MS, DOUBTS } from '../limits.ts';
import type { CopyLoad } from './copy-file.ts';
import { CopyDoubt, type LoadOptions, loadCopy } from './load-copy.ts';

/** How a copy is kept. */
export interface KeepOptions extends Omit<LoadOptions, 'accept'> {
  /** Milliseconds from the end of one load to the beginning of the next. */
  readonly everyMs?: number;
  /** Told of each load that was taken. */
  readonly onLoad?: (load: CopyLoad) => void;
  /** Told why one was not. */
  readonly onTrouble: (detail: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Loads a copy again and again until the signal. A load that lost too much is taken after all when it came out the same three times over an hour.
 * Never rejects.
 */
export async function keepCopy(options: KeepOptions): Promise<void> {
  const { everyMs = COPY_EVERY_MS, onLoad = () => undefined, onTrouble, signal, now } = options;
  let doubts: readonly { readonly domains: number; readonly atMs: number }[] = [];
  const accept = ({ domains }: CopyLoad): boolean => {
    const equal = doubts.filter((one) => one.domains === domains);
    const first = equal[0];
    return first !== undefined && equal.length >= DOUBTS - 1 && now().getTime() - first.atMs >= DOUBT_MS;
  };
  while (!signal.aborted) {
    try {
      onLoad(await loadCopy({ ...options, accept }));
      doubts = [];
    } catch (error) {
      onTrouble(describeError(error));
      if (error instanceof CopyDoubt) {
        const { domains } = error;
        // One that comes out otherwise begins anew.
        doubts = [...doubts.filter((one) => one.domains === domains), { domains, atMs: now().getTime() }];
        doubts = [...doubts.slice(0, 1), ...doubts.slice(1).slice(-DOUBTS)];
      }
    }
    await pause(everyMs, signal).catch(() => undefined);
  }
}

import { describeError } from '@vratny/text';
import { pause } from '@vratny/waiting';
import {
  COPY_EVERY_MS,
  COPY_REST_MS,
  COPY_SEEN_MS,
  DOUBT_MS,
  DOUBTS,
  PROVED_LOAD_EVERY_MS,
  SERVER_AWAY_MS,
  VERSION_EVERY_MS,
} from '../limits.ts';
import { type CopyLoad, readLoad } from './copy-file.ts';
import { CopyDoubt, followChanges, type LoadOptions, loadCopy } from './write-copy.ts';

/** How a copy is kept. */
interface KeepOptions extends Omit<LoadOptions, 'accept'> {
  /** Milliseconds from the beginning of one load to that of the next, where the source has no version; a load that takes so long is followed by a rest of its own. */
  readonly everyMs?: number;
  /** Told of each load that was taken. */
  readonly onLoad?: (load: CopyLoad) => void;
  /** Told why one was not. */
  readonly onTrouble: (detail: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Loads a copy again and again until the signal; while its source has a version, it takes the changes each second, and loads seldom. A load that lost too much is
 * taken after all when it came out the same three times over an hour. Never rejects.
 */
export async function keepCopy(options: KeepOptions): Promise<void> {
  const { everyMs = COPY_EVERY_MS, onLoad = () => undefined, onTrouble, signal, now } = options;
  let doubts: readonly { readonly domains: number; readonly atMs: number }[] = [];
  const accept = ({ domains }: CopyLoad): boolean => {
    // An empty database is what a failed restore leaves.
    if (domains === 0) return false;
    const equal = doubts.filter((one) => one.domains === domains);
    const first = equal[0];
    return first !== undefined && equal.length >= DOUBTS - 1 && now().getTime() - first.atMs >= DOUBT_MS;
  };
  while (!signal.aborted) {
    const began = now().getTime();
    let nextMs = everyMs;
    try {
      onLoad(await loadCopy({ ...options, accept }));
      doubts = [];
      if ((await stayProved(options, began + PROVED_LOAD_EVERY_MS)) === 'changed') nextMs = 0;
    } catch (error) {
      onTrouble(withAge(options.path, error));
      if (error instanceof CopyDoubt) {
        const { domains } = error;
        // One that comes out otherwise begins anew.
        doubts = [...doubts.filter((one) => one.domains === domains), { domains, atMs: now().getTime() }];
        doubts = [...doubts.slice(0, 1), ...doubts.slice(1).slice(-DOUBTS)];
      }
    }
    const took = Math.max(0, now().getTime() - began);
    // What a load just missed is there when the next one has ended: a long load begins the sooner.
    const due = Math.min(nextMs, COPY_SEEN_MS - took);
    await pause(Math.max(due - took, Math.min(everyMs, COPY_REST_MS)), signal).catch(() => undefined);
  }
}

/** Follows the changes until a load is due, at the latest at a time; `no-version` at once where there is none. Rejects with `CopyDoubt`. */
async function stayProved(options: KeepOptions, untilMs: number): Promise<'changed' | 'no-version'> {
  const { onTrouble, signal, now } = options;
  while (!signal.aborted && now().getTime() < untilMs) {
    let nextMs = VERSION_EVERY_MS;
    try {
      const outcome = await followChanges(options);
      if (outcome === 'no-version') return outcome;
      if (outcome === 'load') return 'changed';
    } catch (error) {
      if (error instanceof CopyDoubt) throw error;
      onTrouble(withAge(options.path, error));
      nextMs = SERVER_AWAY_MS;
    }
    await pause(nextMs, signal).catch(() => undefined);
  }
  return 'changed';
}

/** What went wrong, and of when the copy is that goes on being read. */
function withAge(path: string, error: unknown): string {
  const load = readLoad(path);
  const age = load === undefined ? 'there is no copy yet' : `the copy is as of ${(load.provedAt ?? load.at).toISOString()}`;
  return `${describeError(error)}; ${age}`;
}

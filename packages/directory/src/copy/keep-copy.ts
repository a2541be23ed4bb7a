import { describeError } from '@vratny/text';
import { pause } from '@vratny/waiting';
import {
  COPY_EVERY_MS,
  COPY_REST_MS,
  COPY_SEEN_MS,
  DOUBT_MS,
  DOUBTS,
  PROVED_LOAD_EVERY_MS,
  PROVED_LOAD_REST,
  SERVER_AWAY_MS,
  VERSION_EVERY_MS,
} from '../limits.ts';
import { type BootClock, createBootClock } from './boot-clock.ts';
import { type CopyLoad, readLoad, recoverCopy } from './copy-file.ts';
import { followChanges } from './follow-changes.ts';
import { CopyDoubt, type LoadOptions, loadCopy } from './load-copy.ts';

/** How a copy is kept. */
interface KeepOptions extends Omit<LoadOptions, 'accept' | 'signal'> {
  /** Milliseconds from the beginning of one load to that of the next, where the source has no version; a load that takes so long is followed by a rest of its own. */
  readonly everyMs?: number;
  /** Milliseconds between two loads at least. */
  readonly restMs?: number;
  /** Milliseconds until a source that could not be asked is asked again. */
  readonly awayMs?: number;
  /** Told of each load that was taken. */
  readonly onLoad?: (load: CopyLoad) => void;
  /** Told why one was not. */
  readonly onTrouble: (detail: string) => void;
  /** Ends it, and the load that is under way. */
  readonly signal: AbortSignal;
  /** Times are measured with it, and the copy is proved by it; that of the system unless given. */
  readonly clock?: BootClock;
}

/**
 * Loads a copy again and again until the signal; while its source has a version, it takes the changes each second, and loads seldom. A load that lost too much is
 * taken after all when it came out the same three times over an hour. Never rejects.
 */
export async function keepCopy(options: KeepOptions): Promise<void> {
  const {
    path,
    everyMs = COPY_EVERY_MS,
    restMs = COPY_REST_MS,
    onLoad = () => undefined,
    onTrouble,
    signal,
    clock = createBootClock(),
  } = options;
  const doubts = createDoubts(() => clock.ms());
  // Whoever kept it before may have been killed, and the source may be away.
  recoverCopy(path);
  while (!signal.aborted) {
    const began = clock.ms();
    let nextMs = everyMs;
    try {
      const load = await loadCopy({ ...options, accept: doubts.accept });
      onLoad(load);
      doubts.clear();
      const tookMs = clock.ms() - began;
      // Without a version there is nothing to follow by: the next load comes as soon as for a source that has none.
      if (load.isVersioned && (await stayProved({ ...options, clock }, began + loadEveryMs(tookMs, everyMs))) === 'changed') nextMs = 0;
    } catch (error) {
      if (signal.aborted) return;
      onTrouble(withAge(path, error));
      if (error instanceof CopyDoubt) doubts.note(error.domains);
    }
    const took = Math.max(0, clock.ms() - began);
    // What a load just missed is there when the next one has ended: a long load begins the sooner.
    const due = Math.min(nextMs, COPY_SEEN_MS - took);
    await pause(Math.max(due - took, Math.min(everyMs, restMs)), signal);
  }
}

/** How often a copy is loaded that is proved: what was changed past the version is in it soon where a load costs little, and else after minutes. */
function loadEveryMs(tookMs: number, everyMs: number): number {
  return Math.min(Math.max(tookMs * PROVED_LOAD_REST, everyMs), PROVED_LOAD_EVERY_MS);
}

/** Loads that lost too much, until one came out the same often enough. */
function createDoubts(ms: () => number) {
  let doubts: readonly { readonly domains: number; readonly atMs: number }[] = [];
  return {
    accept: ({ domains }: Pick<CopyLoad, 'domains'>): boolean => {
      // An empty database is what a failed restore leaves.
      if (domains === 0) return false;
      const equal = doubts.filter((one) => one.domains === domains);
      const first = equal[0];
      return first !== undefined && equal.length >= DOUBTS - 1 && ms() - first.atMs >= DOUBT_MS;
    },
    note: (domains: number): void => {
      // One that comes out otherwise begins anew.
      doubts = [...doubts.filter((one) => one.domains === domains), { domains, atMs: ms() }];
      doubts = [...doubts.slice(0, 1), ...doubts.slice(1).slice(-DOUBTS)];
    },
    clear: (): void => {
      doubts = [];
    },
  };
}

/** Follows the changes until a load is due, at the latest at a time; `no-version` at once where there is none. Rejects with `CopyDoubt`. */
async function stayProved(options: KeepOptions & { readonly clock: BootClock }, untilMs: number): Promise<'changed' | 'no-version'> {
  const { awayMs = SERVER_AWAY_MS, onTrouble, signal, clock } = options;
  while (!signal.aborted && clock.ms() < untilMs) {
    let nextMs = VERSION_EVERY_MS;
    try {
      const outcome = await followChanges(options);
      if (outcome === 'no-version') return outcome;
      if (outcome === 'load') return 'changed';
    } catch (error) {
      if (error instanceof CopyDoubt || signal.aborted) throw error;
      onTrouble(withAge(options.path, error));
      nextMs = awayMs;
    }
    await pause(nextMs, signal);
  }
  return 'changed';
}

/** What went wrong, and of when the copy is that goes on being read. */
function withAge(path: string, error: unknown): string {
  return `${describeError(error)}; ${describeAge(path)}`;
}

function describeAge(path: string): string {
  try {
    const load = readLoad(path);
    return load === undefined ? 'there is no copy yet' : `the copy is as of ${(load.provedAt ?? load.at).toISOString()}`;
  } catch (error) {
    return describeError(error);
  }
}

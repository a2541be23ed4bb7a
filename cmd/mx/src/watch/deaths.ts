import { openState } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Counters, State } from '@vratny/state';
import { withDeadline } from '@vratny/waiting';
import { DEATHS_KEPT_MAX, DEATHS_KEPT_MS, STATE_MS } from '../limits.ts';
import type { Deaths } from '../messages.ts';
import type { Underway } from './activity-file.ts';

interface Record {
  deaths: number;
  until: number;
}

/**
 * Messages that workers of this host died of. A worker that dies is at several messages, and at most one of them is to blame: where there was one
 * alone, the death counts for it, here and in shared state. Where there were several, each becomes a suspect with one death, whatever it had: it is
 * worked on alone from then on, so that a second death is certain, and one that does no harm is cleared.
 */
export class DeathBook {
  readonly #records = new Map<string, Record>();
  readonly #count: (sha256: string) => Promise<number>;
  readonly #now: () => number;

  /** `count` adds a death to shared state and says how many there are; it may reject. */
  constructor(count: (sha256: string) => Promise<number>, now: () => number) {
    this.#count = count;
    this.#now = now;
  }

  /** A worker died while it was at these. Never rejects. */
  async note(underway: readonly Underway[]): Promise<void> {
    const digests = [...new Set(underway.flatMap(({ sha256 }) => (sha256 === undefined ? [] : [sha256])))];
    const [only] = digests;
    if (only === undefined) return;
    if (digests.length > 1) {
      for (const sha256 of digests) this.#set(sha256, Math.max(1, this.#deathsOf(sha256)));
      return;
    }
    this.#set(only, this.#deathsOf(only) + 1);
    const shared = await this.#count(only).catch(() => 0);
    this.#set(only, Math.max(shared, this.#deathsOf(only)));
  }

  /** It was worked on alone and did no harm. */
  clear(sha256: string): void {
    this.#records.delete(sha256);
  }

  /** What workers are told. */
  list(): Deaths {
    const now = this.#now();
    for (const [sha256, { until }] of this.#records) if (until < now) this.#records.delete(sha256);
    return [...this.#records].map(([sha256, { deaths }]) => [sha256, deaths]);
  }

  #deathsOf(sha256: string): number {
    const record = this.#records.get(sha256);
    return record === undefined || record.until < this.#now() ? 0 : record.deaths;
  }

  #set(sha256: string, deaths: number): void {
    this.#records.delete(sha256);
    this.#records.set(sha256, { deaths, until: this.#now() + DEATHS_KEPT_MS });
    const [oldest] = this.#records.keys();
    if (this.#records.size > DEATHS_KEPT_MAX && oldest !== undefined) this.#records.delete(oldest);
  }
}

/** The name of a message's counter in shared state. */
export function counterOf(sha256: string): string {
  return `worker-death ${sha256}`;
}

/** Counts in the site's shared state, opened for each death: they are rare, and a primary has no other business there. May reject. */
export async function countInState(site: Pick<Site, 'state'>, sha256: string): Promise<number> {
  // The memory of another process is nobody's.
  if (site.state.kind === 'memory') return 0;
  let state: State | undefined;
  try {
    state = await openState(site, () => undefined);
    return await state.counters.hit(counterOf(sha256), new Date(), DEATHS_KEPT_MS);
  } finally {
    await state?.close();
  }
}

/**
 * What a worker asks before it works on a message: nothing for one that no worker of this host died of. For a suspect, shared state too: hosts may
 * have died of it elsewhere. Never rejects.
 */
export async function deathsOnAllHosts(counters: Pick<Counters, 'count'>, sha256: string, here: number): Promise<number> {
  const elsewhere = counters.count(counterOf(sha256), new Date()).catch(() => 0);
  return Math.max(here, await withDeadline(elsewhere, STATE_MS, () => 0));
}

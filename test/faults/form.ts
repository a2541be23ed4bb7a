import { randomInt } from 'node:crypto';

/** How much is run: `full` with `FAULTS=full` (`pnpm faults`), else the short form of `npm test`. */
export const FORM: 'short' | 'full' = process.env['FAULTS'] === 'full' ? 'full' : 'short';

const SEED_MAX = 2 ** 31;

/** Chooses what the short form leaves out; `FAULTS_SEED=n` repeats a run. Print it with what was chosen. */
export const SEED = Number(process.env['FAULTS_SEED'] ?? randomInt(SEED_MAX));

/** Numbers from 0 up to 1 that follow from a seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / SEED_MAX / 2;
  };
}

/** `count` of the items in their order, chosen by `random`; all of them when there are no more. */
export function choose<T>(items: readonly T[], count: number, random: () => number): readonly T[] {
  const drawn = items.map((item, at) => ({ item, at, draw: random() }));
  const kept = drawn.sort((a, b) => a.draw - b.draw).slice(0, count);
  return kept.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

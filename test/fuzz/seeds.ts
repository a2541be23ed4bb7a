import { ARCHIVE_CASES } from '@vratny/support/corpus/archives/index';
import { MIME_CASES } from '@vratny/support/corpus/mime/index';

/** Larger seeds make every run slow and find nothing more. */
const SEED_MAX_BYTES = 64 * 1024;

/** Rows of tables whose cases differ in one word: a few of them are enough to start from. */
const ALIKE = /^(?:types|unpackers|documents|disks): /u;
const EVERY_ALIKE = 6;

/** What mutations start from: the corpus of forbidden files. */
export const SEEDS: readonly Buffer[] = [...MIME_CASES, ...ARCHIVE_CASES]
  .filter((one, index) => index % EVERY_ALIKE === 0 || !ALIKE.test(one.imitates))
  .map((one) => one.message)
  .filter((message) => message.length <= SEED_MAX_BYTES);

/** Numbers from 0 to `below` - 1, the same for the same seed (mulberry32). */
export type Random = (below: number) => number;

/** Creates a source of numbers. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

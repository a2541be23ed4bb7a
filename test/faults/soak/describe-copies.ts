import type { Deeds } from '../store/explain-copies.ts';
import type { KeptCopy } from '../store/kept-copy.ts';

const time = (ms: number | undefined) => (ms === undefined ? 'never' : new Date(ms).toISOString().slice(11, 23));

/** Around a copy that has no cause, so much of what was done is shown. */
const AROUND_MS = 10_000;

/** For the person who looks for the cause of a second copy: what the store saw of this message, and what was done at that time. */
export function describeCopies(kept: readonly KeptCopy[], token: string, { deaths, absences, alarms }: Deeds): readonly string[] {
  const copies = kept.filter((copy) => copy.token === token);
  const near = (ms: number) => copies.some((copy) => Math.abs(copy.at - ms) < AROUND_MS);
  return [
    ...copies.map(({ mailbox, at, toldAt, handOver }) => {
      const after = `replies ended ${time(handOver.endedAt)}, broken ${time(handOver.brokenAt)}`;
      return `  ${mailbox} kept ${time(at)}, told ${time(toldAt)}, ${after}`;
    }),
    ...deaths.filter(({ at }) => near(at)).map(({ at, on }) => `  death of node ${on} at ${time(at)}`),
    ...alarms.filter(({ at }) => near(at)).map(({ at, on }) => `  node ${on} missed the state at ${time(at)}`),
    ...absences.filter(({ from }) => near(from)).map(({ from, to }) => `  state away from ${time(from)} to ${time(to)}`),
  ];
}

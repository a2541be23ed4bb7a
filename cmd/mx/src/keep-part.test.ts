import { expect, it } from 'vitest';
import { keepPart } from './keep-part.ts';
import { PART_STEADY_MS } from './limits.ts';

/** A part that fails, each time after so many milliseconds, and then runs to its end. */
async function keep(failsAfterMs: readonly number[]) {
  let now = 0;
  let runs = 0;
  const [waits, faults]: [number[], string[]] = [[], []];
  const ending = new AbortController();
  await keepPart({
    run: async () => {
      const lasts = failsAfterMs[runs++];
      if (lasts === undefined) return;
      now += lasts;
      throw new Error(`broken ${runs}`);
    },
    signal: ending.signal,
    onFault: (detail) => faults.push(detail),
    monotonicMs: () => now,
    wait: async (ms) => void waits.push(ms),
  });
  return { runs, waits, faults };
}

it('is started again, the later the more often it failed in a row, and each failure is one line', async () => {
  const { runs, waits, faults } = await keep([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(runs).toBe(9);
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  expect(faults.slice(0, 2)).toEqual(['broken 1; it is started again in 1 s', 'broken 2; it is started again in 2 s']);
});

it('begins with a short wait after it ran for long', async () => {
  expect((await keep([0, 0, PART_STEADY_MS, 0])).waits).toEqual([1_000, 2_000, 1_000, 2_000]);
});

it('is not started again once it is to end', async () => {
  const ending = new AbortController();
  const faults: string[] = [];
  let runs = 0;
  const run = async (): Promise<void> => {
    runs += 1;
    ending.abort();
    throw new Error('ended');
  };
  await keepPart({ run, signal: ending.signal, onFault: (detail) => faults.push(detail) });
  expect([runs, faults]).toEqual([1, []]);
});

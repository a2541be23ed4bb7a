import { StateFault } from '@vratny/state';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RELEASE_AGAIN_MS, RELEASES_LATE_MAX } from '../limits.ts';
import { releaseLate } from './attempt.ts';

const SUM_MS = RELEASE_AGAIN_MS.reduce((sum, ms) => sum + ms, 0);

/** A lease whose first releases fail. */
function failing(times: number) {
  const asked: string[] = [];
  const lease = {
    begin: () => Promise.reject(new StateFault('away')),
    finish: () => Promise.reject(new StateFault('away')),
    release: async (key: string, owner: string) => {
      asked.push(`${key} ${owner}`);
      if (asked.length <= times) throw new StateFault('away');
    },
  };
  return { lease, asked };
}

describe('a lease that state may hold without having said so', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    [0, 1],
    [2, 3],
    [RELEASE_AGAIN_MS.length + 1, RELEASE_AGAIN_MS.length],
  ])('is given back once state is there: after %i faults it was asked %i times', async (faults, times) => {
    const { lease, asked } = failing(faults);
    const done = releaseLate({ lease }, 'key', 'owner');
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(SUM_MS);
    await done;
    expect(asked).toEqual(Array.from({ length: times }, () => 'key owner'));
  });

  it('is bounded, and there is room again afterwards', async () => {
    const { lease, asked } = failing(0);
    for (let i = 0; i <= RELEASES_LATE_MAX; i += 1) void releaseLate({ lease }, `k${i}`, 'owner');
    await vi.advanceTimersByTimeAsync(SUM_MS);
    expect(asked).toHaveLength(RELEASES_LATE_MAX);
    void releaseLate({ lease }, 'one more', 'owner');
    await vi.advanceTimersByTimeAsync(SUM_MS);
    expect(asked.at(-1)).toBe('one more owner');
  });
});

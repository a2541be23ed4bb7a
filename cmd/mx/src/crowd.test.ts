import { describe, expect, it } from 'vitest';
import { createCrowd } from './crowd.ts';

describe('the crowd', () => {
  it('adds up what all workers see', () => {
    const crowd = createCrowd(3);
    expect(crowd.note(1, [['192.0.2.1', 2]])).toBe(false);
    expect(crowd.ips).toEqual([]);
    const counts = [
      ['192.0.2.1', 1],
      ['192.0.2.2', 3],
    ] as const;
    expect(crowd.note(2, counts)).toBe(true);
    expect([...crowd.ips].sort()).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(crowd.note(2, counts)).toBe(false);
  });

  it('forgets a worker that is gone, and earlier counts of one that is not', () => {
    const crowd = createCrowd(2);
    crowd.note(1, [['192.0.2.1', 2]]);
    crowd.note(2, [['192.0.2.2', 2]]);
    expect(crowd.note(1, [])).toBe(true);
    expect(crowd.ips).toEqual(['192.0.2.2']);
    expect(crowd.forget(2)).toBe(true);
    expect(crowd.forget(2)).toBe(false);
    expect(crowd.ips).toEqual([]);
  });

  it('takes another limit', () => {
    const crowd = createCrowd(5);
    crowd.note(1, [['192.0.2.1', 4]]);
    expect(crowd.setMax(4)).toBe(true);
    expect(crowd.ips).toEqual(['192.0.2.1']);
    expect(crowd.setMax(5)).toBe(true);
    expect(crowd.ips).toEqual([]);
  });
});

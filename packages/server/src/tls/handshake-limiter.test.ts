import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HandshakeLimiter } from './handshake-limiter.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A room of two, and what has happened in it. */
function open() {
  const limiter = new HandshakeLimiter(() => Date.now(), 2);
  const happened: string[] = [];
  const enter = (name: string) =>
    limiter.admit({ begin: () => void happened.push(`${name} begins`), cancel: () => void happened.push(`${name} gives way`) });
  return { enter, happened };
}

describe('a room for handshakes', () => {
  it('lets as many begin as fit, and the next one when one is finished', () => {
    const { enter, happened } = open();
    const leave = enter('a');
    enter('b');
    enter('c');
    expect(happened).toEqual(['a begins', 'b begins']);
    leave();
    expect(happened).toEqual(['a begins', 'b begins', 'c begins']);
  });

  it('ends the oldest after its time only when somebody waits, and who came last is next', () => {
    const { enter, happened } = open();
    enter('a');
    vi.advanceTimersByTime(2_000);
    enter('b');
    vi.advanceTimersByTime(60_000);
    expect(happened).toEqual(['a begins', 'b begins']);
    enter('c');
    enter('d');
    vi.advanceTimersByTime(1);
    expect(happened.slice(2)).toEqual(['a gives way', 'd begins', 'b gives way', 'c begins']);
    enter('e');
    vi.advanceTimersByTime(4_000);
    expect(happened).toHaveLength(6);
    vi.advanceTimersByTime(1_001);
    expect(happened.slice(6)).toEqual(['d gives way', 'e begins']);
  });

  it('forgets who is gone, waiting or not, and leaves no timer behind', () => {
    const { enter, happened } = open();
    const leaves = ['a', 'b', 'c', 'd'].map(enter);
    leaves[3]?.();
    leaves[0]?.();
    leaves[0]?.();
    expect(happened).toEqual(['a begins', 'b begins', 'c begins']);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(happened).toHaveLength(3);
  });

  it('looks at the next oldest when the one that it waited for has finished', () => {
    const { enter, happened } = open();
    const leave = enter('a');
    vi.advanceTimersByTime(3_000);
    enter('b');
    enter('c');
    enter('d');
    leave();
    vi.advanceTimersByTime(2_000);
    expect(happened).toEqual(['a begins', 'b begins', 'd begins']);
    vi.advanceTimersByTime(3_001);
    expect(happened.slice(3)).toEqual(['b gives way', 'c begins']);
  });
});

import { expect, it } from 'vitest';
import { createBootClock } from './boot-clock.ts';

/** A machine whose three clocks are set by hand. */
function create() {
  const clocks = { monotonic: 1_000, wall: 5_000_000, boot: 90_000, reads: 0 };
  const clock = createBootClock({
    monotonicMs: () => clocks.monotonic,
    wallMs: () => clocks.wall,
    readMs: () => {
      clocks.reads += 1;
      return clocks.boot;
    },
  });
  const pass = (ms: number): void => {
    clocks.monotonic += ms;
    clocks.wall += ms;
    clocks.boot += ms;
  };
  return { clock, clocks, pass };
}

it('is read seldom, and goes on between', () => {
  const { clock, clocks, pass } = create();
  expect(clock.ms()).toBe(90_000);
  pass(200);
  expect([clock.ms(), clocks.reads]).toEqual([90_200, 1]);
  pass(100);
  expect([clock.ms(), clocks.reads]).toEqual([90_300, 2]);
});

it('counts the time for which the machine was suspended, at once', () => {
  const { clock, clocks, pass } = create();
  clock.ms();
  clocks.wall += 3_600_000;
  clocks.boot += 3_600_000;
  pass(1);
  expect(clock.ms()).toBe(90_000 + 3_600_001);
});

it('a time of day that is set changes nothing', () => {
  const { clock, clocks, pass } = create();
  clock.ms();
  for (const step of [-7_200_000, 7_200_000]) {
    clocks.wall += step;
    pass(10);
  }
  expect(clock.ms()).toBe(90_020);
});

it('is one for all processes of this start of the machine', () => {
  const [one, other] = [createBootClock(), createBootClock()];
  expect(one.id).toBe(other.id);
  expect(one.ms()).toBeGreaterThan(0);
});

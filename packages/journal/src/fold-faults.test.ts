import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { foldFaults } from './fold-faults.ts';
import { createMemoryJournal } from './memory.ts';
import type { Event } from './port.ts';

const MINUTE_MS = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function folded() {
  const memory = createMemoryJournal();
  const journal = foldFaults(memory, MINUTE_MS);
  const fault = (where: string, detail: string) => journal.record({ kind: 'fault', where, detail });
  return { journal, fault, events: (): readonly Event[] => memory.events };
}

it('writes the first of a kind at once, and the others once a minute with their number', () => {
  const { fault, events } = folded();
  for (let i = 0; i < 100; i += 1) fault('state', `redis at 127.0.0.1:6379 is away (attempt ${i})`);
  expect(events()).toHaveLength(1);
  vi.advanceTimersByTime(MINUTE_MS);
  expect(events()).toHaveLength(2);
  expect(events()[1]).toEqual({ kind: 'fault', where: 'state', detail: 'redis at 127.0.0.1:6379 is away (attempt 99)', count: 99 });
  fault('state', 'redis at 127.0.0.1:6379 is away (attempt 100)');
  expect(events()).toHaveLength(2);
  vi.advanceTimersByTime(MINUTE_MS);
  expect(events()[2]).toMatchObject({ count: 1 });
  // A minute without any, and the next is a first one again.
  vi.advanceTimersByTime(MINUTE_MS);
  expect(events()).toHaveLength(3);
  fault('state', 'redis at 127.0.0.1:6379 is away (attempt 1)');
  expect(events()).toHaveLength(4);
});

it('keeps kinds apart: another origin, other words', () => {
  const { fault, events } = folded();
  fault('state', 'no answer');
  fault('spool', 'no answer');
  fault('state', 'read-only');
  expect(events()).toHaveLength(3);
});

it('lets everything else pass, and writes what was counted at the end', async () => {
  const { journal, fault, events } = folded();
  fault('state', 'away');
  fault('state', 'away');
  journal.record({ kind: 'process', what: 'started' });
  journal.record({ kind: 'process', what: 'started' });
  expect(events()).toHaveLength(3);
  await journal.close();
  expect(events()[3]).toMatchObject({ where: 'state', count: 1 });
});

it('does not grow with what strangers can vary', () => {
  const { fault, events } = folded();
  const words = 'abcdefghijklmnopqrstuvwxyz';
  for (let i = 0; i < 5_000; i += 1) fault('session', words.charAt(i % 26) + words.charAt((i / 26) % 26) + words.charAt((i / 676) % 26));
  expect(events().length).toBeLessThan(250);
});

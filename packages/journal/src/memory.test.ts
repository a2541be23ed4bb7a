import { expect, it } from 'vitest';
import { describeJournal } from './contract.ts';
import { MEMORY_EVENTS_MAX } from './limits.ts';
import { createMemoryJournal } from './memory.ts';

describeJournal('memory', () => {
  const journal = createMemoryJournal();
  return { journal, recordedKinds: () => journal.events.map((event) => event.kind) };
});

it('is bounded and counts what it drops', () => {
  const journal = createMemoryJournal();
  for (let i = 0; i < MEMORY_EVENTS_MAX + 3; i += 1) journal.record({ kind: 'fault', where: 'test', detail: String(i) });
  expect(journal.events).toHaveLength(MEMORY_EVENTS_MAX);
  expect(journal.dropped).toBe(3);
});

import { expect, it } from 'vitest';
import { describeState } from './contract.ts';
import { createMemoryState } from './memory.ts';

describeState('memory', async (wishes) => {
  const state = createMemoryState(wishes);
  return { nodes: [state], cleanUp: () => state.close() };
});

it('has a bound: the entries written longest ago make room', async () => {
  const state = createMemoryState({ entriesMax: 3 });
  const times = { delayMs: 0, windowMs: 1000 };
  for (const key of ['a', 'b', 'c']) await state.greylist.firstSeen(key, new Date(0), times);
  await state.greylist.extend('a', new Date(1), times);
  await state.greylist.firstSeen('d', new Date(1), times);
  expect((await state.greylist.list('*', 10, new Date(1))).map(({ key }) => key)).toEqual(['a', 'c', 'd']);
});

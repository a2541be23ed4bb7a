import { expect, it } from 'vitest';
import type { Work } from './count-work.ts';
import { countWork } from './work-of-a-message.ts';

/**
 * What was counted when it was written down; lower it when something became cheaper. Timers and turns have something to spare: how often the journal gathers
 * depends on how fast the machine is.
 */
const MESSAGE: Work = { promises: 123, timers: 10, turns: 14, signals: 0, errors: 0, writes: 6, statements: 17 };
const REFUSAL: Work = { promises: 2, timers: 8, turns: 4, signals: 0, errors: 0, writes: 5, statements: 4 };

/** A change that adds a quarter is to be looked at. */
const MOST = 1.25;

it('a message and a refusal cost a worker no more promises, timers, turns, signals, errors, writes and statements than they did', async () => {
  const { message, refusal } = await countWork(200);
  expect({ message: beyond(message, MESSAGE), refusal: beyond(refusal, REFUSAL) }).toEqual({ message: [], refusal: [] });
});

/** In words, what is more than a quarter above what was written down. What happens now and then has a tenth of one to spare. */
function beyond(counted: Work, known: Work): readonly string[] {
  return Object.entries(known)
    .filter(([key, most]: [string, number]) => Number(Reflect.get(counted, key)) > most * MOST + 0.1)
    .map(([key, most]) => `${key}: ${Reflect.get(counted, key)}, and it was ${most}`);
}

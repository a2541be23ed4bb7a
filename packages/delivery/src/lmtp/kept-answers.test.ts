import { expect, test } from 'vitest';
import { createKeptAnswers } from './admissions.ts';
import { ANSWER_KEPT_MS, ANSWERS_MAX } from './limits.ts';

const ROOM = { kind: 'room' } as const;
const FULL = { kind: 'full' } as const;
const UNKNOWN = { kind: 'unknown' } as const;

test.each([
  ['room for less', ROOM, true, 100, 50, true],
  ['room for as much', ROOM, true, 100, 100, true],
  ['room is not known for more', ROOM, true, 100, 101, false],
  ['room for what is not known holds only for that', ROOM, true, 0, 1, false],
  ['the server knows no sizes', ROOM, false, 0, 1e9, true],
  ['too full for more', FULL, true, 100, 101, true],
  ['not known whether too full for less', FULL, true, 100, 99, false],
  ['full without a size is full', FULL, true, 0, 1, true],
  ['full, and the server knows no sizes', FULL, false, 100, 1, true],
  ['nobody is nobody', UNKNOWN, true, 100, 1e9, true],
  ['a fault is not kept', { kind: 'fault', detail: 'x' } as const, false, 0, 0, false],
])('%s', (_what, admission, sized, asked, wanted, found) => {
  const kept = createKeptAnswers(() => new Date(0));
  kept.keep('a', asked, { admission, sized });
  expect(kept.find('a', wanted)).toEqual(found ? admission : undefined);
  expect(kept.find('b', wanted)).toBeUndefined();
});

test('answers end with their time, when they are forgotten, and when the clock is set back', () => {
  let ms = 1_000_000;
  const kept = createKeptAnswers(() => new Date(ms));
  kept.keep('a', 0, { admission: ROOM, sized: false });
  ms += ANSWER_KEPT_MS - 1;
  expect(kept.find('a', 0)).toEqual(ROOM);
  ms += 1;
  expect(kept.find('a', 0)).toBeUndefined();
  kept.keep('a', 0, { admission: ROOM, sized: false });
  kept.forget('a');
  expect(kept.find('a', 0)).toBeUndefined();
  kept.keep('a', 0, { admission: ROOM, sized: false });
  ms -= 1;
  expect(kept.find('a', 0)).toBeUndefined();
});

test('the oldest answer is forgotten', () => {
  const kept = createKeptAnswers(() => new Date(0));
  for (let i = 0; i <= ANSWERS_MAX; i += 1) kept.keep(`a${i}`, 0, { admission: ROOM, sized: false });
  expect([kept.find('a0', 0), kept.find('a1', 0), kept.find(`a${ANSWERS_MAX}`, 0)]).toEqual([undefined, ROOM, ROOM]);
});

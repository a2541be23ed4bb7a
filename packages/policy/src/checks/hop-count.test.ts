import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { messageContext } from '../testing/contexts.fixture.ts';
import { hopCount } from './hop-count.ts';

const hops = (count: number) => ({
  fields: Array.from({ length: count }, () => ({ name: 'received', value: 'x', cut: false, start: 0, end: 0 })),
  bodyStart: 0,
  truncated: false,
});

const ROWS: readonly [string, Parameters<typeof messageContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['none', {}, { header: hops(0) }, 'pass'],
  ['a hundred', {}, { header: hops(100) }, 'pass'],
  ['one more', {}, { header: hops(101) }, '554 5.4.6'],
];

describe('hop-count', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(hopCount, messageContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(hopCount, messageContext(context), facts)));
    expect(hopCount.says.toSorted()).toEqual(expectedSays(hopCount, codes));
  });
});

import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { messageContext } from '../testing/contexts.fixture.ts';
import { headerSize, hopCount } from './header.ts';

const ROWS: readonly [string, Readonly<Record<string, unknown>>, string][] = [
  ['read to its end', { header: { fields: [], bodyStart: 0, truncated: false } }, 'pass'],
  ['cut', { header: { fields: [], bodyStart: 0, truncated: true } }, '552 5.3.4'],
];

describe('header-size', () => {
  it.each(ROWS)('%s', (_name, facts, codes) => expect(codesOf(verdictOf(headerSize, messageContext(), facts))).toBe(codes));

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, facts]) => codesOf(verdictOf(headerSize, messageContext(), facts)));
    expect(headerSize.says.toSorted()).toEqual(expectedSays(headerSize, codes));
  });
});

const hops = (count: number) => ({
  fields: Array.from({ length: count }, () => ({ name: 'received', value: 'x', cut: false, start: 0, end: 0 })),
  bodyStart: 0,
  truncated: false,
});

const HOP_ROWS: readonly [string, Parameters<typeof messageContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['none', {}, { header: hops(0) }, 'pass'],
  ['a hundred', {}, { header: hops(100) }, 'pass'],
  ['one more', {}, { header: hops(101) }, '554 5.4.6'],
];

describe('hop-count', () => {
  it.each(HOP_ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(hopCount, messageContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = HOP_ROWS.map(([, context, facts]) => codesOf(verdictOf(hopCount, messageContext(context), facts)));
    expect(hopCount.says.toSorted()).toEqual(expectedSays(hopCount, codes));
  });
});

import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { messageContext } from '../testing/contexts.fixture.ts';
import { headerSize } from './header-size.ts';

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

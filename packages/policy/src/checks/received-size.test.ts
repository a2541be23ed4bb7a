import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { messageContext } from '../testing/contexts.fixture.ts';
import { receivedSize } from './received-size.ts';

const ROWS: readonly [string, Parameters<typeof messageContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['within', {}, {}, 'pass'],
  ['cut at the limit', { gate: { bareCr: false, nul: false, oversize: true } }, {}, '552 5.3.4'],
];

describe('received-size', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(receivedSize, messageContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(receivedSize, messageContext(context), facts)));
    expect(receivedSize.says.toSorted()).toEqual(expectedSays(receivedSize, codes));
  });
});

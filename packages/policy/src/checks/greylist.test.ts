import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { mailContext } from '../testing/contexts.fixture.ts';
import { greylist } from './greylist.ts';

const ROWS: readonly [string, Readonly<Record<string, unknown>>, string][] = [
  ['a first contact', { greylist: { kind: 'first', retryAfterMs: 300_000 } }, '451 4.7.1'],
  ['too early', { greylist: { kind: 'early', retryAfterMs: 1 } }, '451 4.7.1'],
  ['has waited', { greylist: { kind: 'passed', retryAfterMs: 0 } }, 'pass'],
];

describe('greylist', () => {
  it.each(ROWS)('%s', (_name, facts, codes) => {
    expect(codesOf(verdictOf(greylist, mailContext(), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, facts]) => codesOf(verdictOf(greylist, mailContext(), facts)));
    expect(greylist.says.toSorted()).toEqual(expectedSays(greylist, codes));
  });

  it('says how many seconds to wait, rounded up and never 0', () => {
    const reply = (retryAfterMs: number) => verdictOf(greylist, mailContext(), { greylist: { kind: 'early', retryAfterMs } });
    expect(reply(299_001)).toMatchObject({ reply: expect.stringContaining('in 300 seconds') });
    expect(reply(1)).toMatchObject({ reply: expect.stringContaining('in 1 seconds') });
  });

  it('lets mail by when shared state is away', () => {
    expect(greylist.onFault).toBe('pass');
  });
});

import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { mailContext } from '../testing/contexts.fixture.ts';
import { spf } from './spf.ts';

const ROWS: readonly [string, Parameters<typeof mailContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['pass', {}, { spf: { result: 'pass', domain: 'sender.test' } }, 'pass'],
  ['softfail', {}, { spf: { result: 'softfail', domain: 'sender.test' } }, 'pass'],
  ['neutral', {}, { spf: { result: 'neutral', domain: 'sender.test' } }, 'pass'],
  ['none', {}, { spf: { result: 'none', domain: 'sender.test' } }, 'pass'],
  ['permerror', {}, { spf: { result: 'permerror', domain: 'sender.test' } }, 'pass'],
  ['fail', {}, { spf: { result: 'fail', domain: 'sender.test' } }, '550 5.7.23'],
  ['temperror', {}, { spf: { result: 'temperror', domain: 'sender.test' } }, '451 4.7.24'],
];

describe('spf', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(spf, mailContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(spf, mailContext(context), facts)));
    expect(spf.says.toSorted()).toEqual(expectedSays(spf, codes));
  });

  it('passes the domain owner’s words on', () => {
    const fail = { result: 'fail', domain: 'sender.test', explanation: 'see our page' };
    expect(verdictOf(spf, mailContext(), { spf: fail })).toMatchObject({ reply: expect.stringMatching(/it says: see our page$/u) });
  });
});

import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { messageContext } from '../testing/contexts.fixture.ts';
import { antivirus } from './antivirus.ts';

const ROWS: readonly [string, Readonly<Record<string, unknown>>, string][] = [
  ['clean', { antivirus: { kind: 'clean' } }, 'pass'],
  ['infected', { antivirus: { kind: 'infected', signature: 'Test.Virus' } }, '554 5.7.1'],
  ['beyond its limits', { antivirus: { kind: 'infected', signature: 'Heuristics.Limits.Exceeded.MaxFiles' } }, '554 5.7.1'],
  ['without end', { antivirus: { kind: 'endless' } }, '554 5.7.1'],
];

describe('antivirus', () => {
  it.each(ROWS)('%s', (_name, facts, codes) => {
    expect(codesOf(verdictOf(antivirus, messageContext(), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, facts]) => codesOf(verdictOf(antivirus, messageContext(), facts)));
    expect(antivirus.says.toSorted()).toEqual(expectedSays(antivirus, codes));
  });

  it.each([
    ['Heuristics.Limits.Exceeded.MaxFiles', 'to its end, because it unpacks to too much: MaxFiles'],
    ['Win.Heuristics.Limits.Exceeded.X', 'a virus was found in the message: Win.Heuristics.Limits.Exceeded.X'],
  ])('calls a virus only what is one: %s', (signature, words) => {
    const { reply } = { reply: '', ...verdictOf(antivirus, messageContext(), { antivirus: { kind: 'infected', signature } }) };
    expect(reply).toContain(words);
    expect(reply.includes('a virus was found')).toBe(words.startsWith('a virus'));
  });

  it('names the signature, and never lets mail by unscanned', () => {
    expect(verdictOf(antivirus, messageContext(), { antivirus: { kind: 'infected', signature: 'Test.Virus' } })).toMatchObject({
      reply: expect.stringContaining('Test.Virus'),
    });
    expect(antivirus.onFault).toBe('delay');
  });
});

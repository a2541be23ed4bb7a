import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { rcptContext } from '../testing/contexts.fixture.ts';
import { recipientDomain } from './recipient-domain.ts';

const ROWS: readonly [string, Parameters<typeof rcptContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['served', {}, { placement: 'served' }, 'pass'],
  ['an earlier host', {}, { placement: 'earlier' }, 'pass'],
  ['left', {}, { placement: 'left' }, '451 4.3.5'],
  ['behind', {}, { placement: 'behind' }, '451 4.3.5'],
  ['elsewhere', {}, { placement: 'elsewhere' }, '550 5.7.1'],
  ['not ours', {}, { placement: 'not-ours' }, '550 5.7.1'],
];

describe('recipient-domain', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(recipientDomain, rcptContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(recipientDomain, rcptContext(context), facts)));
    expect(recipientDomain.says.toSorted()).toEqual(expectedSays(recipientDomain, codes));
  });
});

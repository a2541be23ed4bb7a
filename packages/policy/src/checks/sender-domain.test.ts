import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { mailContext } from '../testing/contexts.fixture.ts';
import { senderDomain } from './sender-domain.ts';

const ROWS: readonly [string, Parameters<typeof mailContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['exists', {}, { 'sender-domain': 'exists' }, 'pass'],
  ['null sender', { sender: null }, { 'sender-domain': 'nobody' }, 'pass'],
  ['address literal', {}, { 'sender-domain': 'literal' }, 'pass'],
  ['missing', {}, { 'sender-domain': 'missing' }, '550 5.1.8'],
  ['null MX', {}, { 'sender-domain': 'null-mx' }, '550 5.7.27'],
];

describe('sender-domain', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(senderDomain, mailContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(senderDomain, mailContext(context), facts)));
    expect(senderDomain.says.toSorted()).toEqual(expectedSays(senderDomain, codes));
  });
});

import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { mailContext } from '../testing/contexts.fixture.ts';
import { dnsbl } from './dnsbl.ts';

const LISTING = { zone: 'bl.test', codes: ['127.0.0.2'], text: 'spam seen' };

const ROWS: readonly [string, Parameters<typeof mailContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['not listed', {}, { dnsbl: { listings: [], skipped: [] } }, 'pass'],
  ['a list is not well', {}, { dnsbl: { listings: [], skipped: [{ zone: 'bl.test', detail: 'muted' }] } }, 'pass'],
  ['listed', {}, { dnsbl: { listings: [LISTING], skipped: [] } }, '553 5.7.1'],
];

describe('dnsbl', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(dnsbl, mailContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(dnsbl, mailContext(context), facts)));
    expect(dnsbl.says.toSorted()).toEqual(expectedSays(dnsbl, codes));
  });

  it('names the address, the list and its words', () => {
    const verdict = verdictOf(dnsbl, mailContext(), { dnsbl: { listings: [LISTING], skipped: [] } });
    expect(verdict).toMatchObject({ reply: '553 5.7.1 your address 192.0.2.1 is listed by bl.test: spam seen' });
  });
});

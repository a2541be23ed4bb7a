import { expect, test } from 'vitest';
import { newReceipt, newSessionId, parseReceipt } from './ids.ts';

const AT = new Date('2026-11-27T06:58:31.500Z');
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

test('a session id is seconds and 50 bits, a receipt the same seconds and 130 bits', () => {
  const session = newSessionId(AT);
  const receipt = newReceipt(AT);
  expect(session).toMatch(/^[0-9a-hjkmnp-tv-z]{17}$/u);
  expect(receipt).toMatch(/^[0-9a-hjkmnp-tv-z]{33}$/u);
  expect(receipt.slice(0, 7)).toBe(session.slice(0, 7));
  expect(newReceipt(new Date(AT.getTime() + 1000)) > receipt).toBe(true);
});

test('a million receipts of one second: none twice, and each random character has all its values at each place', () => {
  const count = 1_000_000;
  const seen = new Set<string>();
  const values = Array.from({ length: 26 }, () => new Map<string, number>());
  for (let i = 0; i < count; i += 1) {
    const receipt = newReceipt(AT);
    seen.add(receipt);
    if (i % 100 > 0) continue;
    for (const [place, counts] of values.entries()) {
      const character = receipt.charAt(7 + place);
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
  }
  expect(seen.size).toBe(count);
  // 10,000 draws over 32 values: 312.5 each, with a standard deviation of 17.4.
  for (const counts of values) {
    expect([...counts.keys()].sort().join('')).toBe(ALPHABET);
    for (const one of counts.values()) expect(Math.abs(one - 312.5)).toBeLessThan(17.4 * 7);
  }
}, 120_000);

test.each([
  ['as it is', (id: string) => id],
  ['in upper case, with space around it', (id: string) => ` ${id.toUpperCase()}\n`],
  ['read out wrongly', (id: string) => id.replaceAll('0', 'O').replaceAll('1', 'l')],
])('a receipt %s is read, with its second', (_what, write) => {
  const id = newReceipt(AT);
  expect(parseReceipt(write(id))).toEqual({ id, madeAt: new Date('2026-11-27T06:58:31Z') });
});

test.each([
  '',
  '1ng47k9rbyfnd4mqk.2',
  newSessionId(AT),
  `${newReceipt(AT)}0`,
  `${newReceipt(AT).slice(1)}u`,
  `${newReceipt(AT).slice(1)}'`,
])('%j is no receipt', (text) => {
  expect(parseReceipt(text)).toBeUndefined();
});

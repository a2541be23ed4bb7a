import { POLICIES } from '@vratny/policy';
import { expect, test } from 'vitest';
import { explainCode } from './kind.ts';

/** Checks of any host that refuse for good. */
const REFUSING = [
  ...new Set(
    POLICIES.flatMap(({ mail, rcpt, message }) => [...mail, ...rcpt, ...message])
      .filter(({ says }) => says.some((code) => code.startsWith('5')))
      .map(({ name }) => name),
  ),
];

test('there are checks that refuse', () => {
  expect(REFUSING).toEqual(expect.arrayContaining(['dnsbl', 'mailbox', 'attachments']));
});

test.each(REFUSING)('%s has a kind of its own: a refusal for good is no fault of ours that passes', (check) => {
  expect(explainCode(check)).toBeDefined();
});

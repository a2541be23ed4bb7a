import { expect, test } from 'vitest';
import { isFull, isProtocolComplaint } from './reply.ts';
import { namesAnother } from './transaction.ts';

const replyOf = (text: string) => ({ code: Number(text.slice(0, 3)), text });

test.each([
  ['552 5.2.2 <a@x> Quota exceeded (mailbox for user is full)', true],
  ['452 4.2.2 <a@x> Quota exceeded', false],
  ['452 5.2.2 <a@x> Quota exceeded', false],
  ['550 5.2.2 full', true],
  ['552 full', true],
  ['552 5.2.3 too big for this mailbox', true],
  ['552 5.3.4 message too big', false],
  ['452 4.3.1 disk full', false],
  ['552-5.2.2 two\n552 5.2.2 lines', true],
  ['250 2.2.2 fine', false],
  ['550 4.2.2 of another class', false],
])('full: %s %s', (text, full) => {
  expect(isFull(replyOf(text))).toBe(full);
});

test.each([
  ['500 5.5.1 Unknown command', true],
  ['501 5.5.4 Invalid TO', true],
  ['503 no', true],
  ['555 5.5.4 Unsupported parameters', true],
  ['530 5.7.0 STARTTLS first', true],
  ['550 5.5.0 what', true],
  ['550 5.5.3 too many recipients', false],
  ['550 5.1.1 unknown', false],
  ['552 5.2.2 full', false],
  ['250 2.5.0 fine', false],
])('protocol: %s %s', (text, complaint) => {
  expect(isProtocolComplaint(replyOf(text))).toBe(complaint);
});

test.each([
  ['250 2.0.0 <A@x> saved', false],
  ['250 2.0.0 <b@x> saved', true],
  ['250 2.0.0 <b@x> and <a@x> saved', false],
  ['250 2.0.0 <c@x> saved', false],
  ['250 2.0.0 saved', false],
  ['250 2.0.0 <id with spaces> saved', false],
  ['550 5.1.1 <"b c"@x> no', true],
])('of a@x, among b@x and "b c"@x: %s names another: %s', (text, another) => {
  expect(namesAnother(replyOf(text), 'a@x', ['a@x', 'b@x', '"b c"@x'])).toBe(another);
});

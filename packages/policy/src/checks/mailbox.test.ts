import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { addressOf, mailboxOf, rcptContext } from '../testing/contexts.fixture.ts';
import { mailbox, mailboxRoom } from './mailbox.ts';

const on = mailboxOf('alice@example.test');
const off = mailboxOf('bob@example.test', { enabled: false });
const twoMailboxes = { ...on, mailboxes: [...on.mailboxes, ...off.mailboxes] };

const ROWS: readonly [string, Parameters<typeof rcptContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['there', {}, { destination: mailboxOf('alice@example.test') }, 'pass'],
  ['unknown', {}, { destination: { kind: 'unknown', domain: { name: 'example.test', letter: 'd' } } }, '550 5.1.1'],
  ['not ours', { recipient: addressOf('x', 'other.test') }, { destination: { kind: 'elsewhere' } }, '550 5.1.1'],
  ['switched off', {}, { destination: mailboxOf('alice@example.test', { enabled: false }) }, '550 5.2.1'],
  ['one of two switched off', {}, { destination: twoMailboxes }, 'pass'],
  ['both switched off', {}, { destination: { ...on, mailboxes: [...off.mailboxes, ...off.mailboxes] } }, '550 5.2.1'],
];

describe('mailbox', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(mailbox, rcptContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(mailbox, rcptContext(context), facts)));
    expect(mailbox.says.toSorted()).toEqual(expectedSays(mailbox, codes));
  });

  it('names the address as it would be written', () => {
    const recipient = addressOf('a b');
    const verdict = verdictOf(mailbox, rcptContext({ recipient }), { destination: { kind: 'elsewhere' } });
    expect(verdict).toMatchObject({ reply: expect.stringContaining('"a b"@example.test') });
  });
});

const ROOM_ROWS: readonly [string, Parameters<typeof rcptContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['room', {}, { room: { kind: 'room' } }, 'pass'],
  ['full', {}, { room: { kind: 'full' } }, '552 5.2.2'],
  ['the store does not know it', {}, { room: { kind: 'unknown', text: '550 5.1.1 who?' } }, '550 5.1.1'],
];

describe('mailbox-room', () => {
  it.each(ROOM_ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(mailboxRoom, rcptContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROOM_ROWS.map(([, context, facts]) => codesOf(verdictOf(mailboxRoom, rcptContext(context), facts)));
    expect(mailboxRoom.says.toSorted()).toEqual(expectedSays(mailboxRoom, codes));
  });

  it.each([
    [undefined, 'is full'],
    [0, 'is full'],
    [5, 'has no room for 5 octets'],
  ])('a declared size of %s: %s', (sizeBytes, words) => {
    const parameters = { body: '7bit', utf8: false, ...(sizeBytes === undefined ? {} : { sizeBytes }) } as const;
    const verdict = verdictOf(mailboxRoom, rcptContext({ parameters }), { room: { kind: 'full' } });
    expect(verdict).toMatchObject({ reply: `552 5.2.2 the mailbox alice@example.test ${words}` });
  });
});

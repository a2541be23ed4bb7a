import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { rcptContext } from '../testing/contexts.fixture.ts';
import { mailboxRoom } from './mailbox-room.ts';

const ROWS: readonly [string, Parameters<typeof rcptContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['room', {}, { room: { kind: 'room' } }, 'pass'],
  ['full', {}, { room: { kind: 'full' } }, '552 5.2.2'],
  ['the store does not know it', {}, { room: { kind: 'unknown', text: '550 5.1.1 who?' } }, '550 5.1.1'],
];

describe('mailbox-room', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(mailboxRoom, rcptContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(mailboxRoom, rcptContext(context), facts)));
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

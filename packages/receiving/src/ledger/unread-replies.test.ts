import { describe, expect, it } from 'vitest';
import { UNREAD_MAX } from '../limits.ts';
import { type Acknowledged, createUnreadReplies } from './unread-replies.ts';

function listening(succeeds: () => boolean = () => true) {
  const forgotten: Acknowledged[] = [];
  const unread = createUnreadReplies(async (acknowledged) => {
    forgotten.push(acknowledged);
    return succeeds();
  });
  return { unread, forgotten };
}

const own = (set: ReadonlySet<string>) => [...set];

describe('unread replies', () => {
  it.each([
    [99, 0],
    [100, 1],
    [101, 1],
  ])('written at 100, octets from %i on prove %i', async (offset, times) => {
    const { unread, forgotten } = listening();
    unread.wrote({ key: 'k', mailboxes: ['a', 'b'] }, 100);
    unread.saw(offset);
    await unread.settled();
    expect(forgotten).toHaveLength(times);
    expect(own(unread.ownOf('k'))).toEqual(times === 0 ? ['a', 'b'] : []);
  });

  it('is forgotten once, mailbox by mailbox', async () => {
    const { unread, forgotten } = listening();
    unread.wrote({ key: 'k', mailboxes: ['a'] }, 10);
    unread.wrote({ key: 'k', mailboxes: ['b'] }, 20);
    unread.wrote({ key: 'l', mailboxes: ['a'] }, 30);
    for (const offset of [10, 11, 30, 31]) unread.saw(offset);
    await unread.settled();
    expect(forgotten).toEqual([
      { key: 'k', mailboxes: ['a'] },
      { key: 'k', mailboxes: ['b'] },
      { key: 'l', mailboxes: ['a'] },
    ]);
    expect(unread.settled()).toBeUndefined();
  });

  it('a later 250 for the same mailbox is one more that may be unread', async () => {
    const { unread, forgotten } = listening();
    unread.wrote({ key: 'k', mailboxes: ['a'] }, 10);
    unread.wrote({ key: 'k', mailboxes: ['a'] }, 20);
    unread.saw(10);
    await unread.settled();
    expect(forgotten).toEqual([]);
    unread.saw(20);
    // Not yet done: still its own.
    expect(own(unread.ownOf('k'))).toEqual(['a']);
    unread.wrote({ key: 'k', mailboxes: ['a'] }, 30);
    await unread.settled();
    expect(own(unread.ownOf('k'))).toEqual(['a']);
  });

  it('what could not be forgotten stays known as its own, and is not tried again', async () => {
    const { unread, forgotten } = listening(() => false);
    unread.wrote({ key: 'k', mailboxes: ['a'] }, 10);
    for (const offset of [10, 20]) unread.saw(offset);
    await unread.settled();
    expect(forgotten).toHaveLength(1);
    expect(own(unread.ownOf('k'))).toEqual(['a']);
  });

  it('is proven by nothing when it is not known what came before', () => {
    const { unread } = listening();
    unread.wrote({ key: 'k', mailboxes: ['a'] }, Number.POSITIVE_INFINITY);
    unread.saw(Number.MAX_SAFE_INTEGER);
    expect(unread.settled()).toBeUndefined();
  });

  it('is bounded: the oldest go first', () => {
    const { unread } = listening();
    for (let i = 0; i <= UNREAD_MAX; i += 1) unread.wrote({ key: `k${i}`, mailboxes: ['a'] }, 10);
    expect(own(unread.ownOf('k0'))).toEqual([]);
    expect(own(unread.ownOf('k1'))).toEqual(['a']);
    expect(own(unread.ownOf(`k${UNREAD_MAX}`))).toEqual(['a']);
  });
});

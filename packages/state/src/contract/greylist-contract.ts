import { describe, expect, test } from 'vitest';
import { after, HOUR_MS, MINUTE_MS, type OpenState, R1, START, withState } from './opened.ts';

const KEY = 'sender@example.net 192.0.2.1';
const OPEN_MS = R1.delayMs;
const END_MS = R1.delayMs + R1.windowMs;

/** Contacts of one key at milliseconds after the beginning, `+` accepts a recipient there, and what each comes to. */
type Story = readonly (readonly [atMs: number, comesTo: 'first' | 'early' | 'passed' | '+', retryAfterMs?: number])[];

const STORIES: Readonly<Record<string, Story>> = {
  'comes back in time': [
    [0, 'first', OPEN_MS],
    [1, 'early', OPEN_MS - 1],
    [OPEN_MS - 1, 'early', 1],
    [OPEN_MS, 'passed', 0],
    [OPEN_MS + 1, 'passed', 0],
  ],
  'early retries neither restart nor extend': [
    [0, 'first', OPEN_MS],
    [MINUTE_MS, 'early', 4 * MINUTE_MS],
    [4 * MINUTE_MS, 'early', MINUTE_MS],
    [OPEN_MS, 'passed', 0],
    [END_MS, 'passed', 0],
    [END_MS + 1, 'first', OPEN_MS],
  ],
  'never comes back': [
    [0, 'first'],
    [END_MS + 1, 'first', OPEN_MS],
    [END_MS + OPEN_MS, 'early', 1],
    [END_MS + OPEN_MS + 1, 'passed'],
  ],
  'passing alone extends nothing': [
    [0, 'first'],
    [12 * HOUR_MS, 'passed'],
    [END_MS, 'passed'],
    [END_MS + 1, 'first'],
  ],
  'an accepted recipient sets the end to 24 hours from then': [
    [0, 'first'],
    [OPEN_MS, 'passed'],
    [20 * HOUR_MS, '+'],
    [44 * HOUR_MS, 'passed'],
    [44 * HOUR_MS + 1, 'first'],
  ],
  'accepted at the last moment': [
    [0, 'first'],
    [END_MS, '+'],
    [END_MS + R1.windowMs, '+'],
    [END_MS + 2 * R1.windowMs, 'passed'],
    [END_MS + 2 * R1.windowMs + 1, 'first'],
  ],
  'accepted a moment too late': [
    [0, 'first'],
    [END_MS + 1, '+'],
    [END_MS + 2, 'first', OPEN_MS],
  ],
  'an exempt recipient before the first contact, and while it waits': [
    [0, '+'],
    [1, 'first'],
    [2, '+'],
    [OPEN_MS, 'early', 1],
    [END_MS + 1, 'passed'],
    [END_MS + 2, 'first'],
  ],
};

/** Greylisting as R1 has it, with both ends of every span. */
export function describeGreylist(open: OpenState): void {
  describe('greylist', () => {
    test.each(Object.entries(STORIES))('%s', (_name, story) =>
      withState(open, async (turn) => {
        for (const [atMs, comesTo, retryAfterMs] of story) {
          if (comesTo === '+') await turn().greylist.extend(KEY, after(atMs), R1);
          else {
            const contact = await turn().greylist.firstSeen(KEY, after(atMs), R1);
            expect([atMs, contact.kind]).toEqual([atMs, comesTo]);
            if (retryAfterMs !== undefined) expect(contact.retryAfterMs).toBe(retryAfterMs);
          }
        }
      }),
    );

    test('without a delay the first contact is still put off', () =>
      withState(open, async (turn) => {
        const times = { delayMs: 0, windowMs: 10 };
        expect(await turn().greylist.firstSeen(KEY, START, times)).toEqual({ kind: 'first', retryAfterMs: 0 });
        expect(await turn().greylist.firstSeen(KEY, START, times)).toEqual({ kind: 'passed', retryAfterMs: 0 });
      }));

    test('the times of the first contact hold', () =>
      withState(open, async (turn) => {
        await turn().greylist.firstSeen(KEY, START, R1);
        const changed = { delayMs: 1, windowMs: 1 };
        expect(await turn().greylist.firstSeen(KEY, after(MINUTE_MS), changed)).toEqual({ kind: 'early', retryAfterMs: 4 * MINUTE_MS });
        await turn().greylist.extend(KEY, after(HOUR_MS), changed);
        expect((await turn().greylist.firstSeen(KEY, after(END_MS), changed)).kind).toBe('passed');
      }));

    test('keys are told apart to the last octet', () =>
      withState(open, async (turn) => {
        const keys = ['a', 'A', 'a ', '\u00e1', 'a\u0301', '{a}', 'a*', "a'b", 'x'.repeat(1024), '😀'];
        for (const key of keys) expect((await turn().greylist.firstSeen(key, START, R1)).kind).toBe('first');
        for (const key of keys) expect((await turn().greylist.firstSeen(key, START, R1)).kind).toBe('early');
      }));

    describeListing(open);
  });
}

function describeListing(open: OpenState): void {
  test('lists and forgets by key and by pattern, what has ended excepted', () =>
    withState(open, async (turn) => {
      const contact = (key: string, ms: number) => turn().greylist.firstSeen(key, after(ms), { delayMs: 10, windowMs: 100 });
      await contact('old@a.test 192.0.2.1', 0);
      for (const key of ['two@a.test 192.0.2.2', 'one@a.test 192.0.2.1', 'one@b.test 192.0.2.1', 'one@a.test 192.0.2.10'])
        await contact(key, 50);
      const at = after(111);
      const keysOf = async (pattern: string, limit = 100) => (await turn().greylist.list(pattern, limit, at)).map(({ key }) => key);
      expect(await turn().greylist.list('one@b.test 192.0.2.1', 5, at)).toEqual([
        { key: 'one@b.test 192.0.2.1', opensAt: after(60), endsAt: after(160) },
      ]);
      expect(await keysOf('*@a.test *')).toEqual(['one@a.test 192.0.2.1', 'one@a.test 192.0.2.10', 'two@a.test 192.0.2.2']);
      expect(await keysOf('* 192.0.2.1')).toEqual(['one@a.test 192.0.2.1', 'one@b.test 192.0.2.1']);
      expect(await keysOf('*')).toHaveLength(4);
      expect(await keysOf('*', 3)).toHaveLength(3);
      expect(await keysOf('*', 0)).toEqual([]);
      expect(await keysOf('nobody')).toEqual([]);

      expect(await turn().greylist.forget('one@b.test 192.0.2.1', at)).toBe(1);
      expect(await turn().greylist.forget('one@b.test 192.0.2.1', at)).toBe(0);
      expect(await turn().greylist.forget('old@a.test 192.0.2.1', at)).toBe(0);
      expect(await turn().greylist.forget('one@a.test *', at)).toBe(2);
      expect(await keysOf('*')).toEqual(['two@a.test 192.0.2.2']);
      expect((await contact('one@b.test 192.0.2.1', 111)).kind).toBe('first');
      expect((await contact('two@a.test 192.0.2.2', 111)).kind).toBe('passed');
    }));
}

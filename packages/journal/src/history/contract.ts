import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newReceipt } from '../ids.ts';
import type { CountsQuery, History, HistoryCount, HistoryEntry, HistoryQuery } from './port.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const HOUR_MS = 3_600_000;
const ALWAYS = { since: new Date('2026-11-01T00:00:00Z'), until: new Date('2026-12-01T00:00:00Z'), limit: 100 };

const entry = (parts: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id: newReceipt(new Date(NOON)),
  at: new Date(NOON),
  ...{ host: 'd10', client: '192.0.2.1', helo: 'mail.sender.example', sender: 'bob@sender.example', recipient: 'alice@one.example' },
  ...{ check: 'spf', verdict: 'refused', reply: '550 5.7.23 sender.example does not allow 192.0.2.1' },
  ...parts,
});

const count = (parts: Partial<HistoryCount> = {}): HistoryCount => ({
  ...{ domain: 'one.example', day: '2026-11-26', check: 'spf', verdict: 'refused', count: 1 },
  ...parts,
});

/** What every history does. `open` gives an empty one; `reopen`, where there is anything outside of the process, another view of the same. */
export function historyContract(name: string, open: () => Promise<History>, reopen?: () => Promise<History>): void {
  describe(`${name}: the contract of History`, () => {
    let history: History;
    const closing: History[] = [];
    beforeEach(async () => {
      history = await open();
      closing.push(history);
    });
    afterEach(async () => {
      for (const one of closing.splice(0)) await one.close();
    });
    const countsOf = async (from: string, to = from, query: Partial<CountsQuery> = {}) =>
      (await history.counts({ from, to, limit: 100, ...query })).counts;
    const search = async (query: Partial<HistoryQuery>) => (await history.search({ ...ALWAYS, ...query })).entries;

    it('gives back what it was given, whole', async () => {
      const story = '{"decision":{"by":"spf"},"delivery":{"ms":1.25}}';
      const full = entry({ sizeBytes: 4_311, story, sender: '', helo: '' });
      const second = { ...full, recipient: 'carol@two.example' };
      await history.add([full, second, entry()], []);
      expect(await history.find(full.id)).toEqual([full, second]);
      expect(await history.find(newReceipt(new Date(NOON)))).toEqual([]);
      expect(await history.find('')).toEqual([]);
    });

    it('keeps an entry once that is added twice', async () => {
      const one = entry();
      await history.add([one], []);
      await history.add([one, { ...one, recipient: 'carol@two.example' }], []);
      expect(await history.find(one.id)).toHaveLength(2);
    });

    it('is empty at first, and takes nothing', async () => {
      await history.add([], []);
      expect(await history.search(ALWAYS)).toEqual({ entries: [] });
      expect(await countsOf('2026-11-01', '2026-11-30')).toEqual([]);
      expect(await history.forget('nobody@one.example')).toBe(0);
      await history.expire({ entriesFrom: '2026-11-01', countsFrom: '2026-11-01' });
    });

    const rows: readonly [string, Partial<HistoryQuery>, readonly string[]][] = [
      ['everything, the newest first', {}, ['d', 'c', 'b', 'a']],
      ['a domain', { domain: 'one.example' }, ['c', 'a']],
      ['a domain that is a part of another', { domain: 'example' }, []],
      ['a recipient', { recipient: 'alice@one.example' }, ['a']],
      ['the beginning of a recipient', { recipient: 'al*' }, ['d', 'a']],
      ['a sender', { sender: 'bob@sender.example' }, ['b', 'a']],
      ['the null sender', { sender: '' }, ['c']],
      ['the beginning of a sender, with a sign of patterns in it', { sender: '100%_o*' }, ['d']],
      ['a client', { client: '2001:db8::1' }, ['b']],
      ['clients of a network', { client: '192.0.2.*' }, ['d', 'c', 'a']],
      ['a check', { check: 'mailbox' }, ['c']],
      ['a verdict', { verdict: 'delayed' }, ['b']],
      ['a domain and a verdict', { domain: 'two.example', verdict: 'delayed' }, ['b']],
      ['since a moment, that one included', { since: new Date(NOON + HOUR_MS) }, ['d', 'c', 'b']],
      ['until a moment, that one left out', { until: new Date(NOON + HOUR_MS) }, ['a']],
      [
        'a part of a text within a day, in any case',
        { contains: 'DOES NOT', since: new Date(NOON), until: new Date(NOON + 2 * HOUR_MS) },
        ['b', 'a'],
      ],
      [
        'a part with signs of patterns',
        { contains: '%_of', since: new Date(NOON + 24 * HOUR_MS), until: new Date(NOON + 25 * HOUR_MS) },
        ['d'],
      ],
      ['a quote', { sender: "o'hara*" }, []],
    ];
    it.each(rows)('finds %s', async (_what, query, expected) => {
      await history.add(
        [
          entry({ host: 'a' }),
          entry({ host: 'b', at: new Date(NOON + HOUR_MS), recipient: 'carol@two.example', client: '2001:db8::1', verdict: 'delayed' }),
          entry({
            host: 'c',
            at: new Date(NOON + 2 * HOUR_MS),
            sender: '',
            check: 'mailbox',
            recipient: 'bob@one.example',
            reply: '550 5.1.1 no',
          }),
          entry({
            host: 'd',
            at: new Date(NOON + 24 * HOUR_MS),
            sender: '100%_of@three.example',
            recipient: 'alan@three.example',
            reply: '',
          }),
        ],
        [],
      );
      expect((await search(query)).map(({ host }) => host)).toEqual(expected);
    });

    it('pages through entries of equal times and over days, each once, while others come in', async () => {
      const all = Array.from({ length: 25 }, (_, i) => entry({ host: String(i), at: new Date(NOON + Math.floor(i / 5) * 12 * HOUR_MS) }));
      await history.add(all, []);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await history.search({ ...ALWAYS, limit: 4, ...(after === undefined ? {} : { after }) });
        expect(page.entries.length).toBeLessThanOrEqual(4);
        seen.push(...page.entries.map(({ host }) => host));
        after = page.next;
        await history.add([entry({ host: 'new', at: new Date(NOON + 100 * HOUR_MS) })], []);
      } while (after !== undefined);
      expect(seen).toEqual(all.map(({ host }) => host).toReversed());
    });

    it.each<[string, Partial<HistoryQuery>]>([
      ['a part over two days', { contains: 'x' }],
      ['no entries', { limit: 0 }],
      ['too many', { limit: 501 }],
      ['half of one', { limit: 1.5 }],
      ['a time that ends first', { since: ALWAYS.until, until: ALWAYS.since }],
      ['an unknown place', { after: "1' OR 1=1" }],
    ])('does not answer a query for %s', async (_what, query) => {
      await expect(history.search({ ...ALWAYS, ...query })).rejects.toThrow(RangeError);
    });

    it('adds up counts, and gives those of a domain, a check, a verdict and of days, the newest day first', async () => {
      await history.add([], [count(), count({ count: 3 }), count({ verdict: 'delayed', check: 'greylist' })]);
      await history.add([], [count({ count: 6 }), count({ day: '2026-11-27' }), count({ domain: 'two.example' })]);
      const [one, late] = [count({ count: 10 }), count({ verdict: 'delayed', check: 'greylist' })];
      expect(await countsOf('2026-11-26', '2026-11-26', { domain: 'one.example' })).toEqual([late, one]);
      expect(await countsOf('2026-11-26', '2026-11-26', { verdict: 'delayed' })).toEqual([late]);
      expect(await countsOf('2026-11-26', '2026-11-26', { check: 'spf', verdict: 'refused' })).toEqual([
        one,
        count({ domain: 'two.example' }),
      ]);
      expect(await countsOf('2026-11-26', '2026-11-27')).toEqual([
        count({ day: '2026-11-27' }),
        late,
        one,
        count({ domain: 'two.example' }),
      ]);
      expect(await history.counts({ from: '2026-11-26', to: '2026-11-27', limit: 2 })).toEqual({
        counts: [count({ day: '2026-11-27' }), late],
        more: true,
      });
      expect(await history.counts({ from: '2026-11-26', to: '2026-11-27', limit: 4 })).toMatchObject({ more: false });
      await expect(history.counts({ from: '2026-11-26', to: '2026-11-27', limit: 501 })).rejects.toThrow(RangeError);
    });

    it('adds the counts of a batch once, however often it comes, also when its first answer was lost', async () => {
      const one = entry();
      for (const nth of [1, 1, 2, 2, 1]) await history.add([one], [count({ count: 5 })], { source: 'a', nth });
      await history.add([], [count({ count: 100 })], { source: 'b', nth: 1 });
      expect(await countsOf('2026-11-26')).toEqual([count({ count: 110 })]);
      expect(await history.find(one.id)).toHaveLength(1);
    });

    it('forgets a person as sender and as recipient, and nobody else', async () => {
      await history.add(
        [entry(), entry({ sender: 'alice@one.example', recipient: 'x@two.example' }), entry({ recipient: 'alice2@one.example' })],
        [count()],
      );
      expect(await history.forget('alice@one.example')).toBe(2);
      expect((await search({})).map(({ recipient }) => recipient)).toEqual(['alice2@one.example']);
      expect(await countsOf('2026-11-26')).toHaveLength(1);
    });

    it('lets days expire, the first day that is kept included in what stays', async () => {
      await history.add([entry(), entry({ at: new Date(NOON + 24 * HOUR_MS) })], [count(), count({ day: '2026-11-25' })]);
      await history.expire({ entriesFrom: '2026-11-27', countsFrom: '2026-11-26' });
      expect(await search({})).toHaveLength(1);
      expect(await countsOf('2026-11-01', '2026-11-30')).toEqual([count()]);
    });

    it.skipIf(reopen === undefined)('is seen by another process, also what comes later', async () => {
      const other = (await reopen?.()) ?? history;
      closing.push(other);
      expect(await other.search(ALWAYS)).toEqual({ entries: [] });
      const one = entry();
      await history.add([one], [count()]);
      expect(await other.find(one.id)).toEqual([one]);
      expect((await other.counts({ from: '2026-11-26', to: '2026-11-26', limit: 9 })).counts).toEqual([count()]);
    });
  });
}

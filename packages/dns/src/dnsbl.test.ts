import { pause } from '@vratny/waiting';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ASK_MS, RETEST_MS, TEST_EVERY_MS, TEST_MS, TEXT_MAX, VOUCH_MS } from './dnsbl/limits.ts';
import type { Dnsbl, ListHealth } from './dnsbl/port.ts';
import { createDnsbl } from './dnsbl.ts';
import { createMemoryDns, type MemoryDns, type MemoryRecordSets } from './memory.ts';
import type { Dns } from './port.ts';

const LISTED = { A: ['127.0.0.2'] };
const CLIENT = '192.0.2.1';
const NAME = '1.2.0.192';
const V6_TEST = '1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0';
const ZONE = 'bl.test';

interface World {
  readonly dns: MemoryDns;
  readonly news: ListHealth[];
  /** Zones that answer nothing at all, and every name of those that list the world. */
  readonly silent: Set<string>;
  readonly answersAll: Map<string, string>;
}

let world: World;
let lists: Dnsbl;
const opened: Dnsbl[] = [];

/** Lists over plain data; a silent zone answers when the look-up is given up, or after the resolver's own five seconds. */
function open(zones: readonly string[] = [ZONE], prepare: () => void = () => undefined): void {
  const silent = new Set<string>();
  const answersAll = new Map<string, string>();
  const dns = createMemoryDns(Object.fromEntries(zones.map((zone) => [`2.0.0.127.${zone}`, LISTED])));
  const troubled: Dns = {
    async lookup(name, type, options) {
      const answer = await dns.lookup(name, type, options);
      const zone = zones.find((one) => name.endsWith(`.${one}`)) ?? '';
      if (silent.has(zone)) {
        await pause(5000, options?.signal);
        return { kind: 'fault', fault: options?.signal?.aborted ? 'aborted' : 'timeout', detail: 'silence' };
      }
      const code = type === 'A' ? answersAll.get(zone) : undefined;
      // With "!" all but the answers about the reserved addresses are new.
      if (code === undefined || (code.endsWith('!') && /\.0\.0\.127\.|^1\.0\.0\.0\.0\.0\.f\.7/u.test(name))) return answer;
      const entry = code === 'servfail!' ? 'servfail' : { A: [code.replace('!', '')] };
      return await createMemoryDns({ [name]: entry }).lookup(name, type);
    },
  };
  const news: ListHealth[] = [];
  world = { dns, news, silent, answersAll };
  prepare();
  const codes = ['127.0.0.2'];
  const options = { dns: troubled, now: () => new Date(), onChange: (health: ListHealth) => void news.push(health) };
  lists = createDnsbl({ ...options, zones: zones.map((zone) => ({ zone, codes })) });
  opened.push(lists);
}

const list = (entry: MemoryRecordSets = LISTED, zone = ZONE) => world.dns.set(`${NAME}.${zone}`, entry);
const stateOf = (index = 0) => lists.health()[index]?.state;
/** How long, on the fake clock, something takes. */
async function timed<T>(work: T | Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const startedAt = Date.now();
  let ms = -1;
  const done = Promise.resolve(work).then((value) => {
    ms = Date.now() - startedAt;
    return value;
  });
  while (ms < 0) await vi.advanceTimersByTimeAsync(100);
  return { value: await done, ms };
}

beforeEach(async () => {
  vi.useFakeTimers();
  open();
  await vi.advanceTimersByTimeAsync(0);
});

afterEach(() => {
  for (const one of opened.splice(0)) one.close();
  vi.useRealTimers();
});

describe('a list that is well', () => {
  test('is known as such, and that is no news', () => {
    expect(lists.health()).toEqual([
      {
        zone: ZONE,
        state: 'well',
        lastTestAt: expect.any(Date),
        latencyMs: 0,
        lastAnswers: { listed: '127.0.0.2', unlisted: 'not listed' },
      },
    ]);
    expect(world.news).toEqual([]);
  });

  test('does not list a client, or does, with its words', async () => {
    expect(await lists.ask(CLIENT)).toEqual({ listings: [], skipped: [] });
    list({ ...LISTED, TXT: ['see https://bl.test/192.0.2.1'] });
    expect(await lists.ask('192.0.2.1')).toEqual({ listings: [], skipped: [] });
    await vi.advanceTimersByTimeAsync(900_000);
    expect(await lists.ask(CLIENT)).toEqual({
      listings: [{ zone: ZONE, codes: ['127.0.0.2'], text: 'see https://bl.test/192.0.2.1' }],
      skipped: [],
    });
  });

  test.each([
    ['line ends and controls', 'one\r\n250 ok\u0000\u001b[31m two\u202e', 'one 250 ok [31m two'],
    ['outer white space', '   x   y ', 'x y'],
    ['8-bit text', 'špatná IP 🛑', 'patn IP'],
    ['a long text', 'x'.repeat(65_000), 'x'.repeat(TEXT_MAX)],
    ['nothing but rubbish', '\u0007\u0007', ''],
  ])('%s: the text is one bounded line of printable ASCII', async (_what, written, text) => {
    list({ ...LISTED, TXT: [written] });
    expect((await lists.ask(CLIENT)).listings).toMatchObject([{ text }]);
  });

  test.each<readonly [string, MemoryRecordSets | 'servfail']>([
    ['no text', LISTED],
    ['a text that cannot be had', { ...LISTED, TXT: 'servfail' }],
  ])('%s: the listing counts all the same', async (_what, entry) => {
    world.dns.set(`${NAME}.${ZONE}`, entry);
    expect((await lists.ask(CLIENT)).listings).toEqual([{ zone: ZONE, codes: ['127.0.0.2'], text: '' }]);
    expect(stateOf()).toBe('well');
  });

  test('codes that do not count are told, refuse nobody and do not mute', async () => {
    list({ A: ['127.0.0.10', '127.0.0.11'] });
    expect(await lists.ask(CLIENT)).toEqual({
      listings: [],
      skipped: [{ zone: ZONE, detail: 'codes that do not count: 127.0.0.10 127.0.0.11' }],
    });
    expect(stateOf()).toBe('well');
  });

  test('counted codes among others count', async () => {
    list({ A: ['127.0.0.10', '127.0.0.2'] });
    expect((await lists.ask(CLIENT)).listings).toMatchObject([{ codes: ['127.0.0.2'] }]);
  });

  test('is asked about a client once while its answer may be kept', async () => {
    list({ ...LISTED, ttlSeconds: 60 });
    const asked = () => world.dns.queries.filter((query) => query.name === `${NAME}.${ZONE}` && query.type === 'A').length;
    for (let i = 0; i < 20; i += 1) await lists.ask(CLIENT);
    expect(asked()).toBe(1);
    await vi.advanceTimersByTimeAsync(61_000);
    await lists.ask(CLIENT);
    expect(asked()).toBe(2);
  });

  test('what is no address is not asked about', async () => {
    const before = world.dns.queries.length;
    expect(await lists.ask('')).toEqual({ listings: [], skipped: [] });
    expect(world.dns.queries).toHaveLength(before);
  });
});

describe('IPv6', () => {
  const V6_NAME = `1.0.0.0${'.0.0.0.0'.repeat(5)}.8.b.d.0.1.0.0.2`;

  test('clients are found by their nibbles', async () => {
    world.dns.set(`${V6_NAME}.${ZONE}`, LISTED);
    expect((await lists.ask('2001:db8::1')).listings).toMatchObject([{ zone: ZONE }]);
  });

  test('a list that fails for IPv6 is asked about IPv4 only, and IPv6 clients do not mute it', async () => {
    world.dns.set(`${V6_TEST}.${ZONE}`, 'servfail');
    world.dns.set(`${V6_NAME}.${ZONE}`, 'servfail');
    await lists.test();
    expect(await lists.ask('2001:db8::1')).toMatchObject({ listings: [], skipped: [{ detail: expect.stringContaining('IPv6') }] });
    list();
    expect((await lists.ask(CLIENT)).listings).toHaveLength(1);
    expect(stateOf()).toBe('well');
  });

  test('a list that lists the world in IPv6 alone is muted', async () => {
    world.dns.set(`${V6_TEST}.${ZONE}`, LISTED);
    expect(await lists.test()).toMatchObject([{ state: 'muted', detail: 'it lists ::ffff:127.0.0.1, so it lists the world' }]);
  });
});

/** Ways in which a list is not well, and how each is mended. */
const TROUBLES: readonly (readonly [string, () => void, () => void])[] = [
  ['killed (unreachable)', () => setAll('unreachable'), () => setWell()],
  ['SERVFAIL', () => setAll('servfail'), () => setWell()],
  ['REFUSED', () => setAll('refused'), () => setWell()],
  ['silent', () => world.silent.add(ZONE), () => world.silent.delete(ZONE)],
  ['lists the world', () => world.answersAll.set(ZONE, '127.0.0.2'), () => world.answersAll.delete(ZONE)],
  ['answers everything with a code not counted', () => world.answersAll.set(ZONE, '127.0.0.1'), () => world.answersAll.delete(ZONE)],
  ['answers 127.255.255.254', () => world.answersAll.set(ZONE, '127.255.255.254'), () => world.answersAll.delete(ZONE)],
  ['answers 198.51.100.7', () => world.answersAll.set(ZONE, '198.51.100.7'), () => world.answersAll.delete(ZONE)],
  ['lists 127.0.0.1', () => world.dns.set(`1.0.0.127.${ZONE}`, LISTED), () => world.dns.remove(`1.0.0.127.${ZONE}`)],
  [
    'lists the world while the resolver still remembers better',
    () => world.answersAll.set(ZONE, '127.0.0.2!'),
    () => world.answersAll.delete(ZONE),
  ],
  ['died while the resolver still remembers it', () => world.answersAll.set(ZONE, 'servfail!'), () => world.answersAll.delete(ZONE)],
  ['was emptied', () => world.dns.remove(`2.0.0.127.${ZONE}`), () => setWell()],
];

function setAll(fault: 'unreachable' | 'servfail' | 'refused'): void {
  for (const name of ['2.0.0.127', '1.0.0.127', NAME]) world.dns.set(`${name}.${ZONE}`, fault);
}

function setWell(): void {
  for (const name of ['1.0.0.127', NAME]) world.dns.remove(`${name}.${ZONE}`);
  world.dns.set(`2.0.0.127.${ZONE}`, LISTED);
}

describe.each(TROUBLES)('a list that %s', (_what, breakIt, mendIt) => {
  test('refuses nobody from the first moment, is muted within one test, and speaks again when it is well', async () => {
    breakIt();
    await vi.advanceTimersByTimeAsync(VOUCH_MS + 1);
    expect((await timed(lists.ask(CLIENT))).value.listings).toEqual([]);
    await vi.advanceTimersByTimeAsync(TEST_EVERY_MS + TEST_MS);
    expect(stateOf()).toBe('muted');
    expect(world.news).toMatchObject([{ zone: ZONE, state: 'muted', detail: expect.any(String) }]);

    const { value, ms } = await timed(lists.ask(CLIENT));
    expect(value).toEqual({ listings: [], skipped: [{ zone: ZONE, detail: lists.health()[0]?.detail }] });
    expect(ms).toBeLessThanOrEqual(100);

    mendIt();
    await vi.advanceTimersByTimeAsync(TEST_EVERY_MS + TEST_MS);
    expect(stateOf()).toBe('well');
    expect(world.news.map((health) => health.state)).toEqual(['muted', 'well']);
    // What it said while it was not well is forgotten, and what it says now counts.
    expect((await lists.ask(CLIENT)).listings).toEqual([]);
    list();
    await vi.advanceTimersByTimeAsync(900_000);
    expect((await timed(lists.ask(CLIENT))).value.listings).toHaveLength(1);
  });

  test('from the start never speaks, and does not keep another list from speaking', async () => {
    open([ZONE, 'good.test'], breakIt);
    list(LISTED, 'good.test');
    const { value } = await timed(lists.ask(CLIENT));
    expect(value.listings.map((listing) => listing.zone)).toEqual(['good.test']);
    expect(value.skipped.map((skipped) => skipped.zone)).toEqual([ZONE]);
  });
});

describe('the time that a bad list costs', () => {
  test('one time-out in all: the first client pays, later ones do not', async () => {
    world.silent.add(ZONE);
    expect((await timed(lists.ask(CLIENT))).ms).toBeLessThanOrEqual(ASK_MS + 100);
    expect(stateOf()).toBe('muted');
    for (const ip of ['192.0.2.2', '192.0.2.3', '2001:db8::3']) expect((await timed(lists.ask(ip))).ms).toBeLessThanOrEqual(100);
  });

  test('silent from the start: clients wait for the first test, at most the deadline, and the test mutes it', async () => {
    open([ZONE], () => world.silent.add(ZONE));
    const asked = [timed(lists.ask(CLIENT)), timed(lists.ask('192.0.2.2'))];
    for (const { value, ms } of await Promise.all(asked)) {
      expect(ms).toBeLessThanOrEqual(ASK_MS + 100);
      expect(value.listings).toEqual([]);
    }
    expect(stateOf()).toBe('muted');
    expect((await timed(lists.ask(CLIENT))).ms).toBeLessThanOrEqual(100);
  });

  test('all lists are asked together, under one deadline', async () => {
    open(['a.test', 'b.test', 'c.test']);
    await vi.advanceTimersByTimeAsync(0);
    for (const zone of ['a.test', 'b.test', 'c.test']) world.silent.add(zone);
    expect((await timed(lists.ask(CLIENT))).ms).toBeLessThanOrEqual(ASK_MS + 100);
    expect(lists.health().map((health) => health.state)).toEqual(['muted', 'muted', 'muted']);
  });

  test('a list that was muted for one lost answer is tested again after half a minute', async () => {
    world.dns.set(`${NAME}.${ZONE}`, 'timeout');
    await lists.ask(CLIENT);
    expect(stateOf()).toBe('muted');
    await vi.advanceTimersByTimeAsync(RETEST_MS - 1);
    expect(stateOf()).toBe('muted');
    await vi.advanceTimersByTimeAsync(1);
    expect(stateOf()).toBe('well');
  });

  test('one that stays bad is tested less and less often, but at least every half hour', async () => {
    world.dns.set(`2.0.0.127.${ZONE}`, 'servfail');
    await lists.test();
    const tests = () => world.dns.queries.filter((query) => query.name === `2.0.0.127.${ZONE}`).length;
    const before = tests();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(tests() - before).toBe(6);
    await vi.advanceTimersByTimeAsync(24 * 3_600_000);
    expect(tests() - before).toBe(6 + 48);
  });
});

describe('a listing', () => {
  test('that was kept does not outlive the failure of its list', async () => {
    world.answersAll.set(ZONE, '127.0.0.2');
    expect((await lists.ask(CLIENT)).listings, 'the last test has just vouched for it').toHaveLength(1);
    await vi.advanceTimersByTimeAsync(VOUCH_MS + 1);
    expect((await lists.ask(CLIENT)).listings).toEqual([]);
    world.answersAll.delete(ZONE);
    await vi.advanceTimersByTimeAsync(RETEST_MS);
    expect(stateOf()).toBe('well');
    expect(await lists.ask(CLIENT)).toEqual({ listings: [], skipped: [] });
  });

  test('costs at most one test a minute, however many clients are listed', async () => {
    const tests = () => world.dns.queries.filter((query) => query.name === `2.0.0.127.${ZONE}`).length;
    for (let host = 1; host < 200; host += 1) world.dns.set(`${host}.2.0.192.${ZONE}`, LISTED);
    await vi.advanceTimersByTimeAsync(VOUCH_MS + 1);
    const before = tests();
    const answers = await Promise.all(Array.from({ length: 199 }, async (_, index) => lists.ask(`192.0.2.${index + 1}`)));
    expect(answers.flatMap((answer) => answer.listings)).toHaveLength(199);
    expect(tests() - before).toBe(1);
  });
});

describe('the end', () => {
  test('a client that goes away ends its questions and mutes nothing', async () => {
    world.silent.add(ZONE);
    const leaving = new AbortController();
    const asked = lists.ask(CLIENT, leaving.signal);
    await vi.advanceTimersByTimeAsync(10);
    leaving.abort();
    expect(await asked).toEqual({ listings: [], skipped: [{ zone: ZONE, detail: 'the client went away' }] });
    expect(stateOf()).toBe('well');
    expect(await lists.ask(CLIENT, AbortSignal.abort())).toMatchObject({ listings: [] });
    expect(stateOf()).toBe('well');
  });

  test('closing ends tests that run and those to come, and says nothing of the list', async () => {
    world.silent.add(ZONE);
    const testing = lists.test();
    lists.close();
    expect(await testing).toMatchObject([{ state: 'well' }]);
    const asked = world.dns.queries.length;
    await vi.advanceTimersByTimeAsync(TEST_EVERY_MS * 4);
    expect(world.dns.queries).toHaveLength(asked);
    expect(world.news).toEqual([]);
  });

  test('a port that breaks its promise mutes the list and takes nobody down', async () => {
    const dns: Dns = { lookup: () => Promise.reject(new Error('a bug')) };
    const buggy = createDnsbl({ dns, zones: [{ zone: ZONE, codes: ['127.0.0.2'] }], now: () => new Date() });
    opened.push(buggy);
    expect(await buggy.test()).toMatchObject([{ state: 'muted', detail: 'a bug' }]);
    expect(await buggy.ask(CLIENT)).toMatchObject({ listings: [] });
  });

  test('without lists there is nothing to say', async () => {
    open([]);
    expect(await lists.ask(CLIENT)).toEqual({ listings: [], skipped: [] });
  });
});

import { createMemoryDns, type MemoryRecords } from '@vratny/dns/memory';
import { contentOf } from '@vratny/message';
import { describe, expect, it } from 'vitest';
import { KEPT_RESULTS_CHARS_MAX, KEPT_RESULTS_MAX } from '../limits.ts';
import { openVisit } from '../model/visit.ts';
import { messageContext, portsOf } from '../testing/contexts.fixture.ts';
import { authentication } from './authentication.ts';
import { createKeptResults } from './kept-results.ts';
import { findSpf } from './spf/find-spf.ts';

const START = Date.parse('2026-01-02T03:04:05Z');
const QUESTION = { sender: 'a@sender.test', helo: 'client.test', ip: '192.0.2.1', mta: 'mx.example.test' };

/** A DNS, a clock that is moved by hand, and how many questions were asked. */
function world(records: MemoryRecords) {
  const dns = createMemoryDns(records);
  const clock = { ms: START };
  const { signal } = new AbortController();
  const find = (changes: Partial<typeof QUESTION> = {}) =>
    findSpf({ ...QUESTION, ...changes }, { dns, clock: () => new Date(clock.ms), signal });
  return { dns, clock, find, asked: () => dns.queries.length };
}

describe('an SPF answer', () => {
  const SENDER = {
    'sender.test': { TXT: ['v=spf1 include:net.test -all'], ttlSeconds: 600 },
    'net.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'], ttlSeconds: 60 },
  };

  it('is kept for the shortest time to live on the way, and is no promise then', async () => {
    const { find, clock, asked } = world(SENDER);
    expect(await find()).toMatchObject({ result: 'pass' });
    clock.ms += 59_999;
    expect(find()).toMatchObject({ result: 'pass' });
    expect(asked()).toBe(2);
    clock.ms += 1;
    expect(await find()).toMatchObject({ result: 'pass' });
    expect(asked()).toBe(4);
  });

  it('is not kept longer by a clock that was set back', async () => {
    const { find, clock, asked } = world(SENDER);
    await find();
    clock.ms -= 1;
    await find();
    expect(asked()).toBe(4);
  });

  it('is that of another sender of the domain, and of nobody else', async () => {
    const { find } = world({ ...SENDER, 'other.test': { TXT: ['v=spf1 -all'] } });
    await find();
    expect(find({ sender: 'b@sender.test', helo: 'else.test' })).toMatchObject({ result: 'pass', domain: 'sender.test' });
    expect(await find({ ip: '192.0.2.2' })).toMatchObject({ result: 'fail' });
    expect(await find({ sender: 'a@other.test' })).toMatchObject({ result: 'fail', domain: 'other.test' });
  });

  it('that a macro made is that of one sender and one HELO name', async () => {
    const { find, dns } = world({
      'sender.test': { TXT: ['v=spf1 exists:%{l}.users.test exists:%{h}.hosts.test -all'] },
      'a.users.test': { A: ['127.0.0.2'] },
    });
    expect(await find()).toMatchObject({ result: 'pass' });
    expect(find()).toMatchObject({ result: 'pass' });
    expect(await find({ sender: 'b@sender.test' })).toMatchObject({ result: 'fail' });
    dns.set('client2.test.hosts.test', { A: ['127.0.0.2'] });
    expect(await find({ sender: 'b@sender.test', helo: 'client2.test' })).toMatchObject({ result: 'pass' });
  });

  it.each<[string, MemoryRecords]>([
    ['a temporary error', { 'sender.test': 'servfail' }],
    [
      'an answer that something unknown had a part in',
      { 'sender.test': { TXT: ['v=spf1 ptr ip4:192.0.2.1 -all'] }, '1.2.0.192.in-addr.arpa': 'timeout' },
    ],
    ['with a time to live of 0', { 'sender.test': { TXT: ['v=spf1 -all'], ttlSeconds: 0 } }],
    ['that speaks of the time', { 'sender.test': { TXT: ['v=spf1 -all exp=why.test'] }, 'why.test': { TXT: ['at %{t}'] } }],
  ])('is not kept: %s', async (_name, records) => {
    const { find, asked } = world(records);
    await find();
    const once = asked();
    await find();
    expect(asked()).toBe(2 * once);
  });

  it('is that of its own DNS', async () => {
    await world(SENDER).find();
    expect(await world({ 'sender.test': { TXT: ['v=spf1 -all'] } }).find()).toMatchObject({ result: 'fail' });
  });
});

describe('a DMARC result of unsigned mail', () => {
  const RECORDS = {
    'sender.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'], ttlSeconds: 3_600 },
    '_dmarc.sender.test': { TXT: ['v=DMARC1; p=reject'], ttlSeconds: 60 },
    '_dmarc.test': { ttlSeconds: 3_600 },
    'other.test': { ttlSeconds: 3_600 },
  };

  async function summary(dns: ReturnType<typeof createMemoryDns>, at: number, from: string, sender = 'sender.test'): Promise<string> {
    const content = contentOf(Buffer.from(`From: ${from}\r\n\r\nbody\r\n`));
    const context = messageContext({ content, sender: { local: 'a', domain: sender } });
    const ports = portsOf({ dns, clock: () => new Date(at) });
    const found = await openVisit('mail', context, { ports, monotonicMs: () => 0 })
      .open('message', context)
      .find(authentication);
    return found.known ? found.value.summary : found.detail;
  }

  it('is kept for the shortest time to live, by author and by what SPF confirmed', async () => {
    const dns = createMemoryDns(RECORDS);
    expect(await summary(dns, START, 'a@sender.test')).toContain('dmarc=pass');
    const once = dns.queries.length;
    expect(await summary(dns, START + 59_999, 'Another <b@Sender.test>')).toContain('dmarc=pass');
    expect(dns.queries).toHaveLength(once);
    expect(await summary(dns, START + 1, 'a@sender.test', 'other.test')).toContain('dmarc=fail');
    expect(await summary(dns, START + 60_000, 'a@sender.test')).toContain('dmarc=pass');
    expect(dns.queries.length).toBeGreaterThan(once);
  });

  it('is not kept when it could not be told', async () => {
    const dns = createMemoryDns({ ...RECORDS, '_dmarc.sender.test': 'servfail' });
    expect(await summary(dns, START, 'a@sender.test')).toContain('dmarc=temperror');
    dns.set('_dmarc.sender.test', { TXT: ['v=DMARC1; p=reject'] });
    expect(await summary(dns, START, 'a@sender.test')).toContain('dmarc=pass');
  });
});

describe('kept results', () => {
  const now = new Date(START);
  const holding = (chars: number) => {
    const kept = createKeptResults<number>()(createMemoryDns());
    return { kept, put: (key: string) => kept.put(key, 1, { now, seconds: 60, chars }) };
  };

  it('are bounded by number, and the oldest go first', () => {
    const { kept, put } = holding(1);
    for (let i = 0; i <= KEPT_RESULTS_MAX; i += 1) put(`key ${i}`);
    expect(kept.get('key 0', now)).toBeUndefined();
    expect(kept.get('key 1', now)).toBe(1);
  });

  it('are bounded by what strangers wrote', () => {
    const { kept, put } = holding(KEPT_RESULTS_CHARS_MAX / 4);
    for (let i = 0; i < 4; i += 1) put(`key ${i}`);
    expect([0, 1, 2, 3].map((i) => kept.get(`key ${i}`, now))).toEqual([undefined, 1, 1, 1]);
  });
});

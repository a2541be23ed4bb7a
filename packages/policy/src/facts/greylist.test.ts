import { StateFault } from '@vratny/state';
import { createMemoryState } from '@vratny/state/memory';
import { describe, expect, it } from 'vitest';
import { openVisit } from '../model/gathering.ts';
import { addressOf, mailContext, portsOf, SETTINGS } from '../testing/contexts.fixture.ts';
import { networkOf } from './client-network.ts';
import { greylist, greylistKey } from './greylist.ts';
import { greylistClient } from './greylist-client.ts';
import { greylistExempt } from './greylist-exempt.ts';

const START = new Date('2026-01-02T03:04:05Z');

function keyOf(
  sender: ReturnType<typeof addressOf> | null,
  ip: string,
  prefixes: { ipv4Prefix?: number; ipv6Prefix?: number } = {},
): string {
  const context = mailContext({ sender, client: { ip }, settings: { ...SETTINGS, greylist: { ...SETTINGS.greylist, ...prefixes } } });
  return greylistKey(context, networkOf(ip, context.settings.greylist));
}

describe('greylistKey', () => {
  it.each([
    ['sender and client', keyOf(addressOf('a', 'sender.test'), '192.0.2.77'), 'a@sender.test 192.0.2.77/32'],
    ['without case', keyOf(addressOf('Anna', 'sender.test'), '192.0.2.77'), 'anna@sender.test 192.0.2.77/32'],
    ['the null sender', keyOf(null, '192.0.2.77'), ' 192.0.2.77/32'],
    ['a wider IPv4 network', keyOf(addressOf('a', 'sender.test'), '192.0.2.77', { ipv4Prefix: 24 }), 'a@sender.test 192.0.2.0/24'],
    ['IPv6 by its /64', keyOf(addressOf('a', 'sender.test'), '2001:db8:1:2:3::9'), 'a@sender.test 2001:db8:1:2::/64'],
    ['IPv6 whole', keyOf(addressOf('a', 'sender.test'), '2001:db8::9', { ipv6Prefix: 128 }), 'a@sender.test 2001:db8::9/128'],
  ])('%s', (_name, key, expected) => {
    expect(key).toBe(expected);
  });

  it('keeps a quoted local part apart from what it looks like', () => {
    expect(keyOf(addressOf('a b', 'sender.test'), '192.0.2.1')).not.toBe(keyOf(addressOf('a', 'sender.test'), '192.0.2.1'));
  });
});

describe('greylist', () => {
  it('is one contact for a transaction, and remembers the next one', async () => {
    const state = createMemoryState();
    let now = START;
    const options = { ports: portsOf({ greylist: state.greylist, clock: () => now }), monotonicMs: () => 0 };
    const first = openVisit('mail', mailContext(), options);
    expect(await first.find(greylist)).toMatchObject({ value: { kind: 'first' } });
    expect(await first.find(greylist)).toMatchObject({ value: { kind: 'first' } });
    now = new Date(START.getTime() + 300_000);
    expect(await openVisit('mail', mailContext(), options).find(greylist)).toMatchObject({ value: { kind: 'passed' } });
  });

  it('is a fault while state is away, and a bug for anything else', async () => {
    const found = (error: Error) =>
      openVisit('mail', mailContext(), {
        ports: portsOf({ greylist: { firstSeen: () => Promise.reject(error) } }),
        monotonicMs: () => 0,
      }).find(greylist);
    expect(await found(new StateFault('state redis: away'))).toMatchObject({ known: false, kind: 'fault', detail: 'state redis: away' });
    expect(await found(new Error('oops'))).toMatchObject({ known: false, kind: 'bug' });
  });

  it.each([
    ['address', 'pass', '192.0.2.77/32', 0],
    ['spf', 'pass', 'spf:sender.test', 1],
    ['spf', 'fail', '192.0.2.77/32', 1],
    ['spf', 'cannot tell', '192.0.2.77/32', 1],
  ] as const)('pools: %s, where SPF says %s: remembered from %s', async (pools, says, from, asked) => {
    let questions = 0;
    const lookup = async (name: string, type: string) => {
      questions += 1;
      if (says === 'cannot tell') return { kind: 'fault', fault: 'timeout', detail: 'no answer' };
      const texts =
        type === 'TXT' && name === 'sender.test' ? [`v=spf1 ip4:${says === 'pass' ? '192.0.2.0/24' : '198.51.100.1'} -all`] : [];
      return texts.length === 0 ? { kind: 'nodata' } : { kind: 'found', ttlSeconds: 60, authentic: false, records: texts };
    };
    const context = mailContext({
      sender: addressOf('a', 'sender.test'),
      client: { ip: '192.0.2.77' },
      settings: { ...SETTINGS, greylist: { ...SETTINGS.greylist, pools } },
    });
    const visit = openVisit('mail', context, { ports: portsOf({ dns: { lookup } as never }), monotonicMs: () => 0 });
    expect(await visit.find(greylistClient)).toMatchObject({ known: true, value: from });
    expect(Math.min(questions, 1)).toBe(asked);
  });

  it('knows a sender of changing addresses by what stays, where the site says so', async () => {
    const state = createMemoryState();
    const kinds: string[] = [];
    for (const local of ['bounces+alice=one.test', 'bounces+bob=two.test']) {
      const settings = { ...SETTINGS, greylist: { ...SETTINGS.greylist, senders: 'stable' as const } };
      const context = mailContext({ sender: addressOf(local, 'list.test'), settings });
      const visit = openVisit('mail', context, {
        ports: portsOf({ greylist: state.greylist, clock: () => START }),
        monotonicMs: () => 0,
      });
      const found = await visit.find(greylist);
      if (found.known) kinds.push(found.value.kind);
    }
    expect(kinds).toEqual(['first', 'early']);
  });

  it('is asked only after everything else has passed', () => {
    expect(greylist.lazy).toBe(true);
  });
});

describe('greylistExempt', () => {
  it('asks the site', async () => {
    const exempts = (sender: { readonly domain: string } | null, ip: string) => sender?.domain === 'seznam.cz' || ip === '192.0.2.9';
    const settings = { ...SETTINGS, greylist: { ...SETTINGS.greylist, exempts } };
    const found = async (changes: Parameters<typeof mailContext>[0]) =>
      openVisit('mail', mailContext({ settings, ...changes }), { ports: portsOf(), monotonicMs: () => 0 }).find(greylistExempt);
    expect(await found({ sender: addressOf('a', 'seznam.cz') })).toMatchObject({ value: true });
    expect(await found({ client: { ip: '192.0.2.9' } })).toMatchObject({ value: true });
    expect(await found({})).toMatchObject({ value: false });
  });
});

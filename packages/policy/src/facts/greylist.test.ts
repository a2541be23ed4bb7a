import { parseAddress } from '@vratny/smtp';
import { StateFault } from '@vratny/state';
import { createMemoryState } from '@vratny/state/memory';
import { describe, expect, it } from 'vitest';
import { openVisit } from '../model/visit.ts';
import { addressOf, mailContext, portsOf, SETTINGS } from '../testing/contexts.fixture.ts';
import { greylistExempt } from './exemptions.ts';
import { greylist, greylistClient, greylistKey, stableSender } from './greylist.ts';
import { networkOf } from './origin.ts';

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

function stable(written: string): string {
  if (written === '') return stableSender(null);
  const address = parseAddress(written, { utf8: true });
  if (typeof address === 'string') throw new Error(`${written}: ${address}`);
  return stableSender(address);
}

/** Addresses of one sender in each row, with the words in common that its key must have. */
const SAME: readonly (readonly [what: string, key: string, ...addresses: string[]])[] = [
  ['as it is', 'bob@example.net', 'bob@example.net', 'BOB@example.net'],
  ['an extension', 'bob@example.net', 'bob+a@example.net', 'bob+b@example.net'],
  ['VERP after a plus', 'bounces@list.example', 'bounces+alice=one.example@list.example', 'bounces+12-3f-bob=two.example@list.example'],
  [
    'VERP of ezmlm',
    'list-return-#@list.example',
    'list-return-12-alice=one.example@list.example',
    'list-return-13-b-ob=two.example@list.example',
  ],
  [
    'VERP without a number',
    'news-bounces@list.example',
    'news-bounces-alice=one.example@list.example',
    'news-bounces-bob=two.example@list.example',
  ],
  ['numbers', 'bounce-#@list.example', 'bounce-123-4567@list.example', 'bounce-124-99@list.example'],
  [
    'identifiers of SES',
    '#@ses.example',
    '0100018f2f1d2c3b-6a1b2c3d-1234-000000@ses.example',
    '0100018f2f1d2c3c-7a1b2c3d-9876-000000@ses.example',
  ],
  [
    'BATV',
    'bob@example.net',
    'prvs=0123456789=bob@example.net',
    'prvs=1123ab6789=bob@example.net',
    'btv1==012ab3==bob@example.net',
    'bob@example.net',
  ],
  [
    'SRS0',
    'srs=origin.example=bob@fwd.example',
    'SRS0=HHHH=TT=origin.example=bob@fwd.example',
    'SRS0=AbC1=Zz=origin.example=bob@fwd.example',
  ],
  [
    'SRS1',
    'srs=origin.example=bob@fwd.example',
    'SRS1=HHHH=first.example==HHH=TT=origin.example=bob@fwd.example',
    'SRS1=XXXX=first.example==HYH=TU=origin.example=bob@fwd.example',
  ],
  ['no sender', '', ''],
];

describe('stableSender', () => {
  it.each(SAME)('%s: %s', (_what, key, ...addresses) => {
    expect(addresses.map(stable)).toEqual(addresses.map(() => key));
  });

  it('keeps senders apart that are not one', () => {
    const apart = [
      'bob@example.net',
      'alice@example.net',
      'bob@example.org',
      'bob2@example.net',
      'prvs=0123456789=eve@example.net',
      'SRS0=H=T=other.example=bob@fwd.example',
      '',
    ];
    expect(new Set(apart.map(stable)).size).toBe(apart.length);
  });

  it('takes time linear in what a stranger wrote', () => {
    const written = `${'srs0=a'.repeat(10)}@example.net`.slice(-76);
    expect(stable(written)).toContain('@example.net');
  });
});

import type { Admission, Delivery } from '@vratny/delivery';
import { type Destination, type Directory, DirectoryFault, type Domain } from '@vratny/directory';
import { createMemoryDirectory } from '@vratny/directory/memory';
import { createMemoryDns, type MemoryRecords } from '@vratny/dns/memory';
import type { Host } from '@vratny/hosts';
import { describe, expect, it } from 'vitest';
import type { Fact } from '../model/fact.ts';
import type { Ports } from '../model/ports.ts';
import type { MailContext, RcptContext } from '../model/stage.ts';
import { type Found, openVisit } from '../model/visit.ts';
import { addressOf, D10, mailboxOf, mailContext, messageContext, portsOf, rcptContext, SETTINGS } from '../testing/contexts.fixture.ts';
import { destination } from './destination.ts';
import { roleMailbox } from './exemptions.ts';
import { header } from './header.ts';
import { placement } from './placement.ts';
import { room } from './room.ts';
import { senderDomain } from './sender-domain.ts';

const options = (ports: Partial<Ports>) => ({ ports: portsOf(ports), monotonicMs: () => 0 });
const atMail = <V>(fact: Fact<'mail', V>, context: Partial<MailContext>, ports: Partial<Ports>) =>
  openVisit('mail', mailContext(context), options(ports)).find(fact);
const atRcpt = <V>(fact: Fact<'rcpt', V>, context: Partial<RcptContext>, ports: Partial<Ports>) =>
  openVisit('rcpt', rcptContext(context), options(ports)).find(fact);

/** The value, or `fault` or `bug`. */
function short<V>(found: Found<V>): V | 'fault' | 'bug' | 'timeout' {
  return found.known ? found.value : found.kind;
}

const directoryOf = (answer: Destination | Error): Pick<Directory, 'findDomain' | 'findDestination'> => ({
  findDomain: () => Promise.reject(new Error('not to be asked')),
  findDestination: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
});
const domain: Domain = { name: 'example.test', letter: 'd' };
const directoryNow = (answer: Destination | Error) => (): Promise<Destination> =>
  answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);

describe('sender-domain', () => {
  const mx = (exchange: string, preference = 10) => ({ preference, exchange });
  it.each<[string, MemoryRecords, string]>([
    ['MX', { 'sender.test': { MX: [mx('mail.sender.test')] } }, 'exists'],
    ['A only', { 'sender.test': { A: ['192.0.2.1'] } }, 'exists'],
    ['AAAA only', { 'sender.test': { AAAA: ['2001:db8::1'] } }, 'exists'],
    ['TXT only', { 'sender.test': { TXT: ['x'] } }, 'missing'],
    ['no such name', {}, 'missing'],
    ['null MX (RFC 7505)', { 'sender.test': { MX: [mx('', 0)], A: ['192.0.2.1'] } }, 'null-mx'],
    ['null MX beside another', { 'sender.test': { MX: [mx('', 0), mx('mail.sender.test')] } }, 'exists'],
    ['servfail', { 'sender.test': 'servfail' }, 'fault'],
    ['no MX, servfail for A', { 'sender.test': { A: 'servfail' } }, 'fault'],
    ['no MX, servfail for A, but AAAA', { 'sender.test': { A: 'servfail', AAAA: ['2001:db8::1'] } }, 'exists'],
  ])('%s: %s', async (_name, records, value) => {
    expect(short(await atMail(senderDomain, {}, { dns: createMemoryDns(records) }))).toBe(value);
  });

  it.each<[Partial<MailContext>, string]>([
    [{ sender: null }, 'nobody'],
    [{ sender: { local: 'a', domain: '[192.0.2.1]', literal: '192.0.2.1' } }, 'literal'],
  ])('asks nobody for %j', async (context, value) => expect(short(await atMail(senderDomain, context, {}))).toBe(value));
});

describe('destination', () => {
  it('is the directory’s answer', async () => {
    const directory = createMemoryDirectory({ now: () => new Date(0) });
    await directory.addDomain('example.test', 'd', 'test');
    await directory.addMailbox('alice@example.test', {}, 'test');
    const kinds = ['alice', 'nobody'].map(async (local) =>
      short(await atRcpt(destination, { recipient: addressOf(local) }, { directory })),
    );
    expect(await Promise.all(kinds)).toMatchObject([{ kind: 'mailboxes' }, { kind: 'unknown' }]);
    expect(short(await atRcpt(destination, { recipient: addressOf('x', 'other.test') }, { directory }))).toEqual({ kind: 'elsewhere' });
  });

  it('is a fault when the directory cannot tell, and a bug when it breaks', async () => {
    expect(short(await atRcpt(destination, {}, { directory: directoryOf(new DirectoryFault('away')) }))).toBe('fault');
    expect(short(await atRcpt(destination, {}, { directory: directoryOf(new TypeError('oops')) }))).toBe('bug');
  });

  it.each<Destination>([{ kind: 'elsewhere' }, { kind: 'unknown', domain }])(
    'the site’s postmaster is there even for %j',
    async (answer) => {
      const context = { recipient: addressOf('Postmaster', 'site.test'), sitePostmaster: true };
      expect(short(await atRcpt(destination, context, { directory: directoryOf(answer) }))).toMatchObject({
        kind: 'mailboxes',
        mailboxes: [{ address: 'postmaster@site.test', enabled: true }],
      });
    },
  );

  it('the site’s postmaster is where the directory says, when it says', async () => {
    const answer = mailboxOf('admin@site.test');
    expect(short(await atRcpt(destination, { sitePostmaster: true }, { directory: directoryOf(answer) }))).toEqual(answer);
  });
});

describe('placement', () => {
  const exchange = (name: string): MemoryRecords => ({ 'example.test': { MX: [{ preference: 10, exchange: name }] } });
  const b10: Host = { role: 'primary', letter: 'b' };
  const b20: Host = { role: 'secondary', letter: 'b' };
  const now = rcptContext().startedAt.getTime();
  const moved = (...seenLeft: readonly number[]): Domain => ({
    ...domain,
    earlier: [{ letter: 'b', since: new Date(0), ...(seenLeft[0] === undefined ? {} : { seenLeft: new Date(seenLeft[0]) }) }],
  });
  const daysAgo = (days: number) => now - days * 86_400_000;

  it.each<[string, Host, Domain, MemoryRecords | undefined, string]>([
    ['its own letter', D10, domain, undefined, 'served'],
    ['its secondary', b20, domain, undefined, 'served'],
    ['an earlier host', b10, moved(), undefined, 'earlier'],
    ['an earlier host, left just now', b10, moved(now), exchange('mx1d10.example.test'), 'left'],
    ['an earlier host, left within three days', b10, moved(daysAgo(3) + 1), exchange('mx1d10.example.test'), 'left'],
    ['an earlier host, left long ago', b10, moved(daysAgo(3)), exchange('mx1d10.example.test'), 'elsewhere'],
    ['an earlier host, left long ago, named again', b10, moved(daysAgo(3)), exchange('mx1b10.example.test'), 'behind'],
    ['another host', b10, domain, exchange('mx1d10.example.test'), 'elsewhere'],
    ['another host that DNS names', b10, domain, exchange('mx1b10.example.test'), 'behind'],
    ['another host, no MX', b10, domain, { 'example.test': { A: ['192.0.2.1'] } }, 'behind'],
    ['another host, no such name', b10, domain, {}, 'behind'],
    ['another host, DNS away', b10, domain, { 'example.test': 'timeout' }, 'behind'],
  ])('%s', async (_name, host, ours, records, value) => {
    const found = { ...mailboxOf('alice@example.test'), domain: ours };
    const ports = { directory: directoryOf(found), ...(records ? { dns: createMemoryDns(records) } : {}) };
    expect(short(await atRcpt(placement, { host }, ports))).toBe(value);
  });

  it.each<[string, Destination | Error, string]>([
    ['the same', mailboxOf('alice@example.test'), 'elsewhere'],
    ['moved here', { ...mailboxOf('alice@example.test'), domain: { ...domain, letter: 'b' } }, 'served'],
    ['no domain of ours any more', { kind: 'elsewhere' }, 'not-ours'],
    ['not to be asked', new DirectoryFault('away'), 'behind'],
  ])('a letter that was known refuses nobody before the directory itself is asked: %s', async (_name, now, value) => {
    const recalled: Destination = { ...mailboxOf('alice@example.test'), askNow: directoryNow(now) };
    const ports = { directory: directoryOf(recalled), dns: createMemoryDns(exchange('mx1d10.example.test')) };
    expect(short(await atRcpt(placement, { host: b10 }, ports))).toBe(value);
  });

  it('another cluster name is another host', async () => {
    const settings = { ...SETTINGS, cluster: { name: 'mx2', domain: 'example.test' } };
    const ports = { directory: directoryOf(mailboxOf('alice@example.test')), dns: createMemoryDns(exchange('mx1b10.example.test')) };
    expect(short(await atRcpt(placement, { host: b10, settings }, ports))).toBe('elsewhere');
  });

  it('a domain that is not ours', async () => {
    expect(short(await atRcpt(placement, {}, { directory: directoryOf({ kind: 'elsewhere' }) }))).toBe('not-ours');
  });

  it('the site’s postmaster is served everywhere', async () => {
    const ports = { directory: directoryOf({ kind: 'elsewhere' }) };
    expect(short(await atRcpt(placement, { host: b10, sitePostmaster: true }, ports))).toBe('served');
  });

  it('is a fault while the directory is away', async () => {
    expect(short(await atRcpt(placement, {}, { directory: directoryOf(new DirectoryFault('away')) }))).toBe('fault');
  });
});

describe('role-mailbox', () => {
  it.each([
    ['postmaster', true],
    ['Abuse', true],
    ['POSTMASTER', true],
    ['postmaster+x', false],
    ['alice', false],
    ['xabuse', false],
  ])('%s: %s', async (local, value) => expect(short(await atRcpt(roleMailbox, { recipient: addressOf(local) }, {}))).toBe(value));
});

describe('room', () => {
  const alice = mailboxOf('alice@example.test');
  const bob = mailboxOf('bob@example.test', { enabled: false });
  const carol = mailboxOf('carol@example.test');
  const known = { address: 'alice@example.test', usedBytes: 0, antispam: false, enabled: true };
  const all = { ...alice, mailboxes: [...alice.mailboxes, ...bob.mailboxes, ...carol.mailboxes] };
  const storeOf = (answers: Readonly<Record<string, Admission>>, asked: unknown[] = []): Pick<Delivery, 'admits'> => ({
    admits: async (target, sizeBytes) => {
      asked.push([target.address, sizeBytes]);
      return answers[target.address] ?? { kind: 'room' };
    },
  });
  const full: Admission = { kind: 'full', usedBytes: 9 };
  const away: Admission = { kind: 'fault', detail: 'away' };

  it.each<[string, Destination, Readonly<Record<string, Admission>>, unknown]>([
    ['room, as counted', alice, { 'alice@example.test': { kind: 'room', usedBytes: 5 } }, { kind: 'room', usedBytes: 5 }],
    ['full', alice, { 'alice@example.test': full }, full],
    ['unknown', alice, { 'alice@example.test': { kind: 'unknown' } }, { kind: 'unknown' }],
    ['away', alice, { 'alice@example.test': away }, 'fault'],
    ['the last one full', all, { 'carol@example.test': full }, full],
    ['one away, one full', all, { 'alice@example.test': away, 'carol@example.test': full }, full],
    ['one unknown, one away', all, { 'alice@example.test': { kind: 'unknown' }, 'carol@example.test': away }, 'fault'],
    ['one unknown, one full', all, { 'alice@example.test': { kind: 'unknown' }, 'carol@example.test': full }, full],
    ['one unknown, one with room', all, { 'alice@example.test': { kind: 'unknown' } }, { kind: 'room', unknown: ['alice@example.test'] }],
    ['all unknown', all, { 'alice@example.test': { kind: 'unknown' }, 'carol@example.test': { kind: 'unknown' } }, { kind: 'unknown' }],
    ['one away', all, { 'carol@example.test': away }, 'fault'],
    ['several with room', all, { 'alice@example.test': { kind: 'room', usedBytes: 5 } }, { kind: 'room' }],
    ['those switched off are not asked', all, { 'bob@example.test': full }, { kind: 'room' }],
    ['nobody there', { kind: 'unknown', domain }, {}, { kind: 'room' }],
  ])('%s', async (_name, answer, answers, value) => {
    const ports = { directory: directoryOf(answer), delivery: storeOf(answers) };
    expect(short(await atRcpt(room, {}, ports))).toEqual(value);
  });

  it.each<[string, Admission, Destination | Error, unknown]>([
    ['moved to another store', { kind: 'unknown' }, { ...alice, mailboxes: [{ ...known, store: 'lmtp://new:24' }] }, 'fault'],
    ['given more room', full, { ...alice, mailboxes: [{ ...known, quotaBytes: 99 }] }, 'fault'],
    ['removed', { kind: 'unknown' }, { kind: 'unknown', domain }, 'fault'],
    ['as it was, and full', full, { ...alice, mailboxes: [{ ...known, usedBytes: 77 }] }, full],
    ['as it was, and unknown', { kind: 'unknown' }, alice, { kind: 'unknown' }],
    ['not to be asked for', full, new DirectoryFault('away'), 'fault'],
  ])('what was known of a mailbox refuses nobody for good: %s', async (_name, said, now, value) => {
    const recalled: Destination = { ...alice, askNow: directoryNow(now) };
    const ports = { directory: directoryOf(recalled), delivery: storeOf({ 'alice@example.test': said }) };
    expect(short(await atRcpt(room, {}, ports))).toEqual(value);
  });

  it('nor does it leave out one of the mailboxes of an alias, and with room nobody is asked', async () => {
    const recalled: Destination = { ...all, askNow: directoryNow(alice) };
    const delivery = storeOf({ 'alice@example.test': { kind: 'unknown' } });
    expect(short(await atRcpt(room, {}, { directory: directoryOf(recalled), delivery }))).toBe('fault');
    const unasked: Destination = { ...all, askNow: directoryNow(new Error('asked')) };
    expect(short(await atRcpt(room, {}, { directory: directoryOf(unasked), delivery: storeOf({}) }))).toEqual({ kind: 'room' });
  });

  it('asks for the declared size', async () => {
    const asked: unknown[] = [];
    const ports = { directory: directoryOf(alice), delivery: storeOf({}, asked) };
    await atRcpt(room, { parameters: { body: '7bit', utf8: false, sizeBytes: 77 } }, ports);
    await atRcpt(room, {}, ports);
    expect(asked).toEqual([
      ['alice@example.test', 77],
      ['alice@example.test', 0],
    ]);
  });
});

describe('header', () => {
  const atMessage = (text: string) => openVisit('message', messageContext({}, text), options({})).find(header);
  it.each<[string, readonly string[]]>([
    ['Subject: x\r\n\r\nReceived: in the body\r\n', ['subject']],
    ['RECEIVED : x\r\nReceived: y\r\n z\r\nX-Received: z\r\n\r\n', ['received', 'received', 'x-received']],
    ['', []],
  ])('%#: %j', async (text, names) => {
    const found = await atMessage(text);
    expect(found.known && found.value.fields.map((field) => field.name)).toEqual(names);
  });
});

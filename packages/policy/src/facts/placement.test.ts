import type { Domain, EarlierLetter } from '@vratny/directory';
import type { MemoryRecords } from '@vratny/dns/memory';
import { createMemoryDns } from '@vratny/dns/memory';
import { DEFAULT_SECONDARY_OF, HOSTS, hostId, type Letter, parseHostId, type SecondaryOf } from '@vratny/hosts';
import { describe, expect, it } from 'vitest';
import { recipientDomain } from '../checks/recipient-domain.ts';
import { judge } from '../model/judge.ts';
import { openVisit } from '../model/visit.ts';
import { mailboxOf, policyOfChecks, portsOf, rcptContext, SETTINGS } from '../testing/contexts.fixture.ts';

const NOW = rcptContext().startedAt.getTime();
const DAY_MS = 86_400_000;

interface Situation {
  readonly letter: Letter;
  readonly earlier?: readonly EarlierLetter[];
  /** Hosts that the domain's MX records name; unknown when left out. */
  readonly mx?: readonly string[];
  readonly secondaryOf?: SecondaryOf;
}

/** How a host answers a recipient of such a domain: `taken`, or the codes. */
async function answer(id: string, { letter, earlier, mx, secondaryOf = DEFAULT_SECONDARY_OF }: Situation): Promise<string> {
  const host = parseHostId(id);
  if (host === undefined) throw new Error(`there is no host ${id}`);
  const domain: Domain = { name: 'example.test', letter, ...(earlier && { earlier }) };
  const exchanges = mx?.map((name) => ({ preference: 10, exchange: `mx1${name}.example.test` }));
  const records: MemoryRecords = { 'example.test': exchanges ? { MX: exchanges } : 'timeout' };
  const ports = portsOf({
    directory: { findDomain: async () => domain, findDestination: async () => ({ ...mailboxOf('alice@example.test'), domain }) },
    dns: createMemoryDns(records),
  });
  const visit = openVisit('rcpt', rcptContext({ host, settings: { ...SETTINGS, secondaryOf } }), { ports, monotonicMs: () => 0 });
  const { verdict } = await judge(policyOfChecks({ rcpt: [recipientDomain] }), 'rcpt', visit);
  return verdict.kind === 'pass' ? 'taken' : verdict.reply.slice(0, 9);
}

const ELSEWHERE = '550 5.7.1';
const BEHIND = '451 4.3.5';

/** What every host says of one situation. */
async function answers(situation: Situation): Promise<Readonly<Record<string, string>>> {
  const all = await Promise.all(HOSTS.map(async (host) => [hostId(host), await answer(hostId(host), situation)] as const));
  return Object.fromEntries(all.filter(([, said]) => said !== ELSEWHERE));
}

describe('which hosts take mail for a letter', () => {
  it.each<[Letter, readonly string[]]>([
    ['a', ['a10', 'a20']],
    ['b', ['b10', 'c20']],
    ['c', ['c10', 'c20']],
    ['d', ['d10', 'b20']],
  ])('%s: %j, and all others refuse while its MX records name these', async (letter, ids) => {
    const taken = Object.fromEntries(ids.map((id) => [id, 'taken']));
    expect(await answers({ letter, mx: ids })).toEqual(taken);
  });

  it('as the site file assigns them', async () => {
    const secondaryOf: SecondaryOf = { a: 'c', b: 'a', c: 'c', d: 'a' };
    expect(await answers({ letter: 'd', mx: ['d10', 'a20'], secondaryOf })).toEqual({ d10: 'taken', a20: 'taken' });
    expect(await answers({ letter: 'b', mx: ['b10', 'a20'], secondaryOf })).toEqual({ b10: 'taken', a20: 'taken' });
    expect(await answer('a20', { letter: 'a', mx: ['a10', 'c20'], secondaryOf })).toBe(ELSEWHERE);
  });

  it.each(['a', 'b', 'c'] as const)('b20 delays letter %s when the MX records name it, or cannot be known', async (letter) => {
    expect(await answer('b20', { letter, mx: ['b20'] })).toBe(BEHIND);
    expect(await answer('b20', { letter })).toBe(BEHIND);
  });
});

describe('a domain that moved from d to a', () => {
  const moved = (mx?: readonly string[], seenLeft?: number): Situation => ({
    letter: 'a',
    earlier: [{ letter: 'd', since: new Date(0), ...(seenLeft === undefined ? {} : { seenLeft: new Date(seenLeft) }) }],
    ...(mx ? { mx } : {}),
  });
  const OLD = ['d10', 'b20'];
  const NEW = ['a10', 'a20'];
  const BOTH = { a10: 'taken', a20: 'taken', d10: 'taken', b20: 'taken' };

  it.each([
    ['still names the old hosts', OLD],
    ['names the new ones', NEW],
    ['is away', undefined],
  ])('until the world has left them, old and new hosts take its mail, secondaries too, while DNS %s', async (_name, mx) => {
    expect(await answers(moved(mx))).toMatchObject(BOTH);
  });

  it('then the old hosts delay for three days, whatever DNS says', async () => {
    const delayed = { a10: 'taken', a20: 'taken', d10: BEHIND, b20: BEHIND };
    expect(await answers(moved(NEW, NOW))).toEqual(delayed);
    expect(await answers(moved(NEW, NOW - 3 * DAY_MS + 1))).toEqual(delayed);
  });

  it('then they refuse when DNS names the new ones, and only then', async () => {
    const left = NOW - 3 * DAY_MS;
    expect(await answers(moved(NEW, left))).toEqual({ a10: 'taken', a20: 'taken' });
    expect(await answers(moved(OLD, left))).toEqual({ a10: 'taken', a20: 'taken', d10: BEHIND, b20: BEHIND });
    expect(await answer('d10', moved(undefined, left))).toBe(BEHIND);
  });

  it('follows the site file: the secondary that served the old letter', async () => {
    const secondaryOf: SecondaryOf = { ...DEFAULT_SECONDARY_OF, d: 'c' };
    expect(await answer('b20', { ...moved(NEW), secondaryOf })).toBe(ELSEWHERE);
    expect(await answer('c20', { ...moved(NEW), secondaryOf })).toBe('taken');
  });
});

it('a domain that moved from d to b to c is taken by the hosts of all three, and by no other', async () => {
  const earlier = (['d', 'b'] as const).map((letter) => ({ letter, since: new Date(0) }));
  const taken = { d10: 'taken', b20: 'taken', b10: 'taken', c10: 'taken', c20: 'taken' };
  for (const mx of [
    ['d10', 'b20'],
    ['b10', 'c20'],
    ['c10', 'c20'],
  ])
    expect(await answers({ letter: 'c', earlier, mx })).toEqual(taken);
});

it('a host of two earlier letters takes mail until the world has left both', async () => {
  const earlier = [
    { letter: 'b', since: new Date(0), seenLeft: new Date(NOW - 9 * DAY_MS) },
    { letter: 'c', since: new Date(0) },
  ] as const;
  // c20 is the secondary host of both.
  expect(await answers({ letter: 'a', earlier, mx: ['a10', 'a20'] })).toEqual({ a10: 'taken', a20: 'taken', c10: 'taken', c20: 'taken' });
});

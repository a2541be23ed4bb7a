import type { AuthoritativeDns, RecordType, ServerAnswer } from '@vratny/dns';
import { createMemoryDns, type MemoryRecords } from '@vratny/dns/memory';
import { describe, expect, test } from 'vitest';
import { host, START, wanted } from './looks.fixture.ts';
import { observe, type World } from './observe.ts';

const MX = [
  { preference: 10, exchange: host('d10') },
  { preference: 20, exchange: host('b20') },
];

/** What resolvers know of the world around firma.cz. */
const RECORDS: MemoryRecords = {
  cz: { NS: ['a.ns.nic.cz', 'b.ns.nic.cz'] },
  'a.ns.nic.cz': { A: ['198.51.100.101'] },
  'b.ns.nic.cz': { A: ['198.51.100.102'] },
  'firma.cz': { NS: ['ns1.firma.cz', 'ns.other.example'], MX },
  'ns1.firma.cz': { A: ['198.51.100.1'], AAAA: ['2001:db8::1'] },
  'ns.other.example': { A: ['198.51.100.2'] },
  'old.other.example': { A: ['198.51.100.3'] },
  [host('d10')]: { A: ['192.0.2.10'] },
  [`_25._tcp.${host('d10')}`]: { TLSA: [{ usage: 3, selector: 1, matchingType: 1, data: new Uint8Array(32) }], authentic: true },
};

const found: ServerAnswer<RecordType> = { kind: 'found', records: MX, ttlSeconds: 3600 };
const delegation = (...names: readonly string[]): ServerAnswer<RecordType> => ({
  kind: 'referral',
  zone: 'firma.cz',
  ttlSeconds: 3600,
  delegates: names.map((name) => ({ name, addresses: name === 'lost.firma.cz' ? ['198.51.100.9'] : [] })),
});

/** Servers that say what is listed for `address name type`, and nothing else. */
function serversThatSay(answers: Readonly<Record<string, ServerAnswer<RecordType>>>): { dns: AuthoritativeDns; asked: string[] } {
  const asked: string[] = [];
  const dns: AuthoritativeDns = {
    ask: <T extends RecordType>({ server, name, type }: { server: string; name: string; type: T }) => {
      asked.push(`${server} ${name} ${type}`);
      const answer: unknown = answers[`${server} ${name} ${type}`] ?? { kind: 'fault', fault: 'timeout', detail: 'no answer' };
      return Promise.resolve(answer as ServerAnswer<T>);
    },
  };
  return { dns, asked };
}

function worldOf(answers: Readonly<Record<string, ServerAnswer<RecordType>>>, records: MemoryRecords = RECORDS, unchecked = records) {
  const { dns, asked } = serversThatSay(answers);
  const known = createMemoryDns(records);
  const resolver = { label: '9.9.9.9', dns: known, unchecked: createMemoryDns(unchecked) };
  const world: World = { authoritative: dns, dns: known, resolvers: [resolver] };
  return { world, asked };
}

const look = (world: World, domain = 'firma.cz') => observe(world, { ...wanted(), domain }, () => START);

describe('a look', () => {
  test('asks every address of the name servers that the zone and the delegation name', async () => {
    const { world } = worldOf({
      '198.51.100.101 firma.cz NS': delegation('ns1.firma.cz', 'old.other.example'),
      '198.51.100.1 firma.cz MX': found,
      '2001:db8::1 firma.cz MX': { kind: 'fault', fault: 'no-route', detail: 'ENETUNREACH' },
      '198.51.100.2 firma.cz MX': { kind: 'nodata', ttlSeconds: 60 },
      '198.51.100.3 firma.cz MX': { kind: 'referral', zone: 'firma.cz', delegates: [], ttlSeconds: 1 },
    });
    const seen = await look(world);
    expect(seen).toMatchObject({ zone: 'firma.cz', resolvers: [{ label: '9.9.9.9', said: { kind: 'records', mx: MX }, bogus: false }] });
    expect(seen.servers.map(({ name, address, said }) => [name, address, said.kind === 'silent' ? said.fault : said.kind])).toEqual([
      ['ns.other.example', '198.51.100.2', 'none'],
      ['ns1.firma.cz', '198.51.100.1', 'records'],
      ['old.other.example', '198.51.100.3', 'lame'],
      ['ns1.firma.cz', '2001:db8::1', 'no-route'],
    ]);
    expect(seen.exchanges).toEqual([
      { name: host('d10'), addresses: ['192.0.2.10'] },
      { name: host('b20'), addresses: [] },
    ]);
    expect(seen.tlsa).toMatchObject([
      { exchange: host('d10'), records: [{ usage: 3 }], authentic: true },
      { exchange: host('b20'), records: [], authentic: false },
    ]);
  });

  test('a second server of the zone above is asked when the first one is silent', async () => {
    const { world, asked } = worldOf({ '198.51.100.102 firma.cz NS': delegation('old.other.example') });
    expect((await look(world)).servers.map(({ name }) => name)).toContain('old.other.example');
    expect(asked.slice(0, 2)).toEqual(['198.51.100.101 firma.cz NS', '198.51.100.102 firma.cz NS']);
  });

  test('where resolvers cannot reach the zone, the delegation says who should serve it', async () => {
    const { world } = worldOf(
      {
        '198.51.100.101 firma.cz NS': delegation('lost.firma.cz'),
        '198.51.100.9 firma.cz MX': { kind: 'fault', fault: 'refused', detail: 'REFUSED' },
      },
      { ...RECORDS, 'firma.cz': 'servfail', 'lost.firma.cz': 'servfail' },
    );
    expect((await look(world)).servers).toMatchObject([{ name: 'lost.firma.cz', address: '198.51.100.9', said: { fault: 'refused' } }]);
  });

  test('a domain inside a zone is asked for at the servers of that zone', async () => {
    const { world, asked } = worldOf({ '198.51.100.1 shop.firma.cz MX': found }, { ...RECORDS, 'shop.firma.cz': { A: ['192.0.2.1'] } });
    expect(await look(world, 'shop.firma.cz')).toMatchObject({ zone: 'firma.cz' });
    expect(asked).toContain('198.51.100.1 shop.firma.cz MX');
  });

  test('of a domain that is not there two servers of the top-level domain are asked', async () => {
    const { world, asked } = worldOf({ '198.51.100.101 nobody.cz MX': { kind: 'nxdomain', ttlSeconds: 60 } });
    expect(await look(world, 'nobody.cz')).toMatchObject({ zone: 'cz', servers: [{ said: { kind: 'none', exists: false } }, {}] });
    expect(asked.filter((one) => one.endsWith('nobody.cz MX'))).toHaveLength(2);
  });

  test('without resolvers nothing is known, and nobody is asked', async () => {
    const { world, asked } = worldOf({}, { cz: 'timeout', 'firma.cz': 'timeout' });
    expect(await look(world)).toMatchObject({ zone: undefined, trouble: 'firma.cz is set to timeout', servers: [] });
    expect(asked).toEqual([]);
  });

  test('an answer that only DNSSEC keeps back is bogus', async () => {
    const { world } = worldOf({}, { ...RECORDS, 'firma.cz': { NS: ['ns1.firma.cz'], MX: 'servfail' } }, RECORDS);
    expect((await look(world)).resolvers).toMatchObject([{ bogus: true, said: { kind: 'silent' } }]);
    const { world: failing } = worldOf({}, { ...RECORDS, 'firma.cz': { NS: ['ns1.firma.cz'], MX: 'servfail' } });
    expect((await look(failing)).resolvers).toMatchObject([{ bogus: false }]);
  });

  test.each([
    ['of the zone', 'mail.firma.cz', '198.51.100.1'],
    ['of another zone', 'mail.other.example', '198.51.100.2'],
  ])('a CNAME at a host %s is found at its name servers', async (_what, name, server) => {
    const mx = [{ preference: 10, exchange: name }];
    const { world } = worldOf(
      {
        '198.51.100.1 firma.cz MX': { kind: 'found', records: mx, ttlSeconds: 60 },
        [`${server} ${name} A`]: { kind: 'alias', target: host('d10'), ttlSeconds: 60 },
      },
      { ...RECORDS, 'other.example': { NS: ['ns.other.example'] }, [name]: { CNAME: host('d10') } },
    );
    expect((await look(world)).exchanges).toContainEqual({ name, addresses: ['192.0.2.10'], alias: host('d10') });
  });

  /** What the zone above says of firma.cz, at its first server, and its name servers there. */
  const ABOVE = { '198.51.100.101 firma.cz NS': delegation('ns1.firma.cz') };
  const many = (count: number) => Array.from({ length: count }, (_, index) => `ns${index}.firma.cz`);
  const hosts = (names: readonly string[], each = 1) =>
    Object.fromEntries(names.map((name, at) => [name, { A: Array.from({ length: each }, (_, one) => `198.18.${at}.${one}`) }]));

  test.each<readonly [string, boolean, Readonly<Record<string, ServerAnswer<RecordType>>>, MemoryRecords]>([
    ['all have an address', true, ABOVE, {}],
    ['a name that has none is asked by nobody', true, ABOVE, { 'ns1.firma.cz': {} }],
    ['an address cannot be looked up', false, ABOVE, { 'ns.other.example': 'servfail' }],
    [
      'the same, and it came along with the delegation',
      true,
      { '198.51.100.101 firma.cz NS': delegation('lost.firma.cz') },
      { 'lost.firma.cz': 'servfail' },
    ],
    ['the zone above does not answer', false, {}, {}],
    ['the addresses of its servers cannot be looked up', false, ABOVE, { 'a.ns.nic.cz': 'timeout', 'b.ns.nic.cz': 'timeout' }],
    ['the zone above cannot be found', false, ABOVE, { cz: 'servfail' }],
    ['there is no zone above', true, {}, { cz: {} }],
    ['the zone above delegates to nobody', true, { '198.51.100.101 firma.cz NS': { kind: 'nxdomain', ttlSeconds: 60 } }, {}],
    ['the delegation alone is known', false, ABOVE, { 'firma.cz': 'servfail' }],
    ['as many names as are asked', true, ABOVE, { 'firma.cz': { NS: many(16) }, ...hosts(many(16)) }],
    ['one more', false, ABOVE, { 'firma.cz': { NS: many(17) }, ...hosts(many(17)) }],
    [
      'one more in the delegation',
      false,
      { '198.51.100.101 firma.cz NS': delegation(...many(17)) },
      { 'firma.cz': { NS: ['ns1.firma.cz'] } },
    ],
    ['more addresses than are asked', false, ABOVE, { 'firma.cz': { NS: many(11) }, ...hosts(many(11), 3) }],
  ])('whether every name server is known: %s', async (_what, complete, answers, records) => {
    const { world } = worldOf(answers, { ...RECORDS, ...records });
    expect(await look(world)).toMatchObject({ zone: 'firma.cz', complete });
  });

  test('a name server whose zone denies its address is asked where the zone above says', async () => {
    const { world } = worldOf({ '198.51.100.101 firma.cz NS': delegation('lost.firma.cz') });
    expect((await look(world)).servers).toContainEqual(expect.objectContaining({ name: 'lost.firma.cz', address: '198.51.100.9' }));
  });

  test('what zones of strangers can make it ask has a bound', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `ns${index}.firma.cz`);
    const records = { ...RECORDS, 'firma.cz': { NS: many, MX: many.map((exchange, preference) => ({ preference, exchange })) } };
    const addressed = Object.fromEntries(
      many.map((name, index) => [name, { A: [`198.18.${index}.1`, `198.18.${index}.2`, `198.18.${index}.3`] }]),
    );
    const { world, asked } = worldOf({ '198.51.100.101 firma.cz NS': delegation(...many) }, { ...records, ...addressed });
    await look(world);
    expect(asked.length).toBeLessThan(80);
  });
});

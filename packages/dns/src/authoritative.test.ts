import { afterEach, describe, expect, test } from 'vitest';
import { isPublicAddress } from './authoritative/public-address.ts';
import { createServerTurns } from './authoritative/server-turns.ts';
import { createAuthoritativeDns } from './authoritative.ts';
import { AUTHORITATIVE_AT_ONCE_PER_SERVER, AUTHORITATIVE_SERVERS_MAX, SERVER_INTERVAL_MS } from './limits.ts';
import { respond, type Script, type ScriptedQuery, type ScriptedServer, startScriptedServer } from './system/scripted-server.fixture.ts';

const running: ScriptedServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(script: Script): Promise<ScriptedServer> {
  const server = await startScriptedServer(script);
  running.push(server);
  return server;
}

const allows = () => true;

/** What a server with this script is heard to say of the MX records of firma.test. */
async function ask(script: Script, { zone = 'firma.test', timeoutMs = 2000 } = {}) {
  const server = await start(script);
  const answer = await createAuthoritativeDns({ allows, timeoutMs }).ask({ server: server.address, name: 'firma.test', type: 'MX', zone });
  return { answer, queries: server.queries };
}

const ns = (name: string, data = 'ns1.firma.test') => ({ name, type: 'NS', ttl: 3600, data });
const mx = (exchange: string, ttl = 3600) => ({ name: 'firma.test', type: 'MX', ttl, data: { preference: 10, exchange } });
const soa = {
  name: 'firma.test',
  type: 'SOA',
  ttl: 900,
  data: { mname: 'ns.test', rname: 'me.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 300 },
};
const authoritative = true;

describe('what a server says', () => {
  test('is asked without recursion, and records have the TTL of the zone', async () => {
    const { answer, queries } = await ask((query) => [respond(query, { authoritative, answers: [mx('MX1.test')] })]);
    expect(answer).toEqual({ kind: 'found', records: [{ preference: 10, exchange: 'mx1.test' }], ttlSeconds: 3600 });
    expect(queries[0]?.packet.readUInt16BE(2)).toBe(0);
  });

  test.each<readonly [string, Parameters<typeof respond>[1], object]>([
    ['no such record', { authoritative, authorities: [soa] }, { kind: 'nodata', ttlSeconds: 300 }],
    ['no such name', { authoritative, rcode: 3, authorities: [soa] }, { kind: 'nxdomain', ttlSeconds: 300 }],
    [
      'a CNAME',
      { authoritative, answers: [{ name: 'firma.test', type: 'CNAME', ttl: 60, data: 'other.test' }] },
      { kind: 'alias', target: 'other.test', ttlSeconds: 60 },
    ],
    ['REFUSED', { rcode: 5 }, { kind: 'fault', fault: 'refused' }],
    ['SERVFAIL', { rcode: 2 }, { kind: 'fault', fault: 'servfail' }],
    ['NOTAUTH', { rcode: 9 }, { kind: 'fault', fault: 'lame' }],
    ['a record from a cache', { answers: [mx('mx1.test')] }, { kind: 'fault', fault: 'lame' }],
    ['"no such name" from a cache', { rcode: 3, authorities: [soa] }, { kind: 'fault', fault: 'lame' }],
    ['nothing at all', {}, { kind: 'fault', fault: 'lame' }],
    ['a referral to the root', { authorities: [ns('.')] }, { kind: 'fault', fault: 'lame' }],
    ['a referral to the zone above', { authorities: [ns('test')] }, { kind: 'fault', fault: 'lame' }],
    ['a referral to its own zone', { authorities: [ns('firma.test')] }, { kind: 'fault', fault: 'lame' }],
    ['a referral to a stranger', { authorities: [ns('other.test')] }, { kind: 'fault', fault: 'lame' }],
    [
      'too many records',
      { authoritative, answers: Array.from({ length: 300 }, (_, index) => mx(`mx${index}.test`)) },
      { kind: 'fault', fault: 'malformed' },
    ],
  ])('%s', async (_what, response, expected) => {
    // Over TCP, so that a long answer fits.
    const { answer } = await ask((query) => [respond(query, query.transport === 'udp' ? { truncated: true } : response)]);
    expect(answer).toMatchObject(expected);
  });

  test('a server above refers to the zone, with the addresses that came along', async () => {
    const { answer } = await ask(
      (query) => [
        respond(query, {
          authorities: [ns('firma.test'), ns('firma.test', 'ns2.other.test')],
          additionals: [
            { name: 'ns1.firma.test', type: 'A', ttl: 60, data: '192.0.2.1' },
            { name: 'ns1.firma.test', type: 'AAAA', ttl: 60, data: '2001:db8::1' },
            { name: 'foreign.test', type: 'A', ttl: 60, data: '192.0.2.9' },
          ],
        }),
      ],
      { zone: 'test' },
    );
    expect(answer).toEqual({
      kind: 'referral',
      zone: 'firma.test',
      ttlSeconds: 3600,
      delegates: [
        { name: 'ns1.firma.test', addresses: ['192.0.2.1', '2001:db8::1'] },
        { name: 'ns2.other.test', addresses: [] },
      ],
    });
  });

  test('a cut answer is asked for over TCP', async () => {
    const { queries } = await ask((query) => [respond(query, { truncated: true })]);
    expect(queries.map(({ transport }) => transport)).toEqual(['udp', 'tcp']);
  });

  test('silence is a time-out, an abort ends it at once', async () => {
    expect((await ask(() => [], { timeoutMs: 60 })).answer).toMatchObject({ fault: 'timeout' });
    const server = await start(() => []);
    const abort = new AbortController();
    const answer = createAuthoritativeDns({ allows, timeoutMs: 60_000 }).ask(
      { server: server.address, name: 'firma.test', type: 'MX', zone: '' },
      abort,
    );
    setImmediate(() => abort.abort());
    expect(await answer).toMatchObject({ fault: 'aborted' });
  });

  test.each([
    ['ns1.firma.test', 'firma.test'],
    ['127.0.0.1:0', 'firma.test'],
    ['127.0.0.1', 'two..dots'],
  ])('%j about %j is no question', async (server, name) => {
    expect(await createAuthoritativeDns({ allows }).ask({ server, name, type: 'MX', zone: '' })).toMatchObject({ fault: 'malformed' });
  });
});

describe('who is asked', () => {
  test('nobody at an address that is not public, unless it is allowed', async () => {
    const asked = await start((query) => [respond(query, { authoritative, answers: [mx('mx1.test')] })]);
    const question = { server: asked.address, name: 'firma.test', type: 'MX', zone: '' } as const;
    expect(await createAuthoritativeDns().ask(question)).toMatchObject({ fault: 'forbidden', detail: '127.0.0.1 is no public address' });
    expect(asked.queries).toHaveLength(0);
    expect(await createAuthoritativeDns({ allows: (ip) => ip === '127.0.0.1' }).ask(question)).toMatchObject({ kind: 'found' });
  });

  test.each([
    ...['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '192.0.1.1', '2a00:1450::1', '2620:fe::fe', '2001:4860:4860::8888'].map(
      (one) => [one, true] as const,
    ),
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.53', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1'].map(
      (one) => [one, false] as const,
    ),
    ...['192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.251', '255.255.255.255'].map((one) => [one, false] as const),
    ...[
      '::',
      '::1',
      '::ffff:8.8.8.8',
      '::ffff:127.0.0.1',
      '64:ff9b::a00:1',
      'fe80::1',
      'fc00::1',
      'fd12::1',
      'ff02::1',
      '2002:a00:1::',
    ].map((one) => [one, false] as const),
    ...['2001:db8::1', '2001::1', '3fff::1', '100::1', '5f00::1'].map((one) => [one, false] as const),
  ])('%s: public is %s', (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });
});

describe('how often', () => {
  test('so many questions to one server at once, and others are not held up', async () => {
    const open: ScriptedQuery[] = [];
    const slow = await start((query) => {
      open.push(query);
      return [];
    });
    const quick = await start((query) => [respond(query, { authoritative, answers: [mx('mx1.test')] })]);
    const dns = createAuthoritativeDns({ allows, timeoutMs: 30_000 });
    const abort = new AbortController();
    const asked = Array.from({ length: 6 }, (_, index) =>
      dns.ask({ server: slow.address, name: `n${index}.test`, type: 'MX', zone: '' }, abort),
    );
    expect(await dns.ask({ server: quick.address, name: 'firma.test', type: 'MX', zone: '' })).toMatchObject({ kind: 'found' });
    await expect.poll(() => new Set(open.map(({ name }) => name)).size).toBe(AUTHORITATIVE_AT_ONCE_PER_SERVER);
    abort.abort();
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 6 }, () => expect.objectContaining({ fault: 'aborted' })));
    expect(new Set(open.map(({ name }) => name)).size).toBe(AUTHORITATIVE_AT_ONCE_PER_SERVER);
  });

  test('turns of one server come at a steady rate', async () => {
    const turns = createServerTurns(() => performance.now());
    const startedAt = performance.now();
    for (let round = 0; round < 4; round += 1) {
      const turn = await turns.take('192.0.2.1:53');
      if (turn.kind !== 'turn') throw new Error(turn.kind);
      turn[Symbol.dispose]();
    }
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(3 * SERVER_INTERVAL_MS - 5);
  });

  test('who gives up gives the turn back, and servers are forgotten when nobody asks them', async () => {
    const clock = { ms: 0 };
    const turns = createServerTurns(() => clock.ms);
    const held = await Promise.all([turns.take('a'), turns.take('a', AbortSignal.abort())]);
    expect(held.map(({ kind }) => kind)).toEqual(['turn', 'aborted']);
    for (let index = 0; index < AUTHORITATIVE_SERVERS_MAX + 10; index += 1) {
      clock.ms += SERVER_INTERVAL_MS;
      const turn = await turns.take(`server${index}`);
      if (turn.kind !== 'turn') throw new Error(turn.kind);
      turn[Symbol.dispose]();
    }
    expect(turns.servers).toBeLessThan(AUTHORITATIVE_SERVERS_MAX);
    expect((await turns.take('a')).kind).toBe('turn');
  });
});

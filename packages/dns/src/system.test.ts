import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { dnsContract } from './contract.ts';
import { scriptRecords } from './system/scripted-records.fixture.ts';
import { respond, type Script, type ScriptedQuery, type ScriptedServer, startScriptedServer } from './system/scripted-server.fixture.ts';
import { createSystemDns } from './system.ts';

dnsContract('system', async (records) => {
  const server = await startScriptedServer(scriptRecords(records));
  return { dns: createSystemDns({ servers: [server.address], timeoutMs: 400 }), close: () => server.close() };
});

const running: ScriptedServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(script: Script): Promise<ScriptedServer> {
  const server = await startScriptedServer(script);
  running.push(server);
  return server;
}

async function ask(script: Script, timeoutMs = 400) {
  const server = await start(script);
  return { server, dns: createSystemDns({ servers: [server.address], timeoutMs }) };
}

const addressOf = (query: Pick<ScriptedQuery, 'name'>, data: string, ttl = 300) => ({ name: query.name, type: 'A', ttl, data });
const good: Script = (query) => [respond(query, { answers: [addressOf(query, '192.0.2.1')] })];
const forged = (query: ScriptedQuery, change: Partial<ScriptedQuery>): Buffer =>
  respond({ ...query, ...change }, { answers: [addressOf(query, '203.0.113.66')] });
const soa = (name: string, ttl: number, minimum: number) => ({
  name,
  type: 'SOA',
  ttl,
  data: { mname: 'ns.test', rname: 'me.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
});

describe('the query', () => {
  test('is EDNS with 1232 octets, RD and AD, a new id and port each time', async () => {
    const { server, dns } = await ask(good);
    for (let round = 0; round < 8; round += 1) await dns.lookup('a.test', 'A');
    const [first] = server.queries;
    expect(first?.packet.readUInt16BE(2)).toBe(0x0120);
    expect(first?.packet.subarray(-11)).toEqual(Buffer.from([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]));
    expect(new Set(server.queries.map((query) => query.id)).size).toBeGreaterThan(4);
    expect(new Set(server.queries.map((query) => query.sourcePort)).size).toBeGreaterThan(4);
  });

  test('is sent again when it was lost', async () => {
    let lost = 0;
    const { dns } = await ask((query) => (lost++ === 0 ? [] : good(query)), 600);
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'found' });
  });

  test('goes without EDNS to a server that does not know it', async () => {
    const { server, dns } = await ask((query) => (query.edns ? [respond(query, { rcode: 1 })] : good(query)));
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'found' });
    expect(server.queries.map((query) => query.edns)).toEqual([true, false]);
  });
});

describe('foreign answers are ignored', () => {
  test.each<readonly [string, (query: ScriptedQuery) => Buffer]>([
    ['wrong id', (query) => forged(query, { id: query.id ^ 1 })],
    ['wrong name', (query) => forged(query, { name: 'b.test' })],
    ['wrong type', (query) => forged(query, { type: 'AAAA' })],
    ['no response', (query) => query.packet],
    ['too short', (query) => query.packet.subarray(0, 11)],
    ['empty', () => Buffer.alloc(0)],
  ])('%s', async (_what, forge) => {
    const { dns } = await ask((query) => [forge(query), ...good(query)]);
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'found', records: ['192.0.2.1'] });
  });

  test('alone they are no answer', async () => {
    const { dns } = await ask((query) => [forged(query, { id: query.id ^ 1 })], 80);
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'fault', fault: 'timeout' });
  });
});

describe('TCP', () => {
  const strings = Array.from({ length: 60 }, (_, index) => `${index}`.padEnd(255, 'x'));
  const answers = (query: ScriptedQuery) => strings.map((data) => ({ name: query.name, type: 'TXT', ttl: 300, data: [data] }));

  test('is used when the answer was cut', async () => {
    const { server, dns } = await ask((query) => [
      query.transport === 'udp'
        ? respond(query, { truncated: true, answers: answers(query) }).subarray(0, 500)
        : respond(query, { answers: answers(query) }),
    ]);
    expect(await dns.lookup('a.test', 'TXT')).toMatchObject({ kind: 'found', records: strings });
    expect(server.queries.map((query) => query.transport)).toEqual(['udp', 'tcp']);
  });

  test.each<readonly [string, Script]>([
    ['truncated again', (query) => [respond(query, { truncated: true })]],
    ['another id', (query) => [respond({ ...query, id: query.id ^ (query.transport === 'tcp' ? 1 : 0) }, { truncated: true })]],
  ])('%s is malformed', async (_what, script) => {
    const { dns } = await ask(script);
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'fault', fault: 'malformed' });
  });

  test('a silent connection ends with the deadline', async () => {
    const { dns } = await ask((query) => (query.transport === 'udp' ? [respond(query, { truncated: true })] : []), 100);
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'fault', fault: 'timeout' });
  });
});

describe('servers', () => {
  test('silence is a timeout within the deadline', async () => {
    const { dns } = await ask(() => [], 100);
    // Timers of one process: a busy machine makes both late.
    const answer = await Promise.race([dns.lookup('a.test', 'A'), sleep(1000)]);
    expect(answer).toMatchObject({ kind: 'fault', fault: 'timeout' });
  });

  test('an abort ends the wait at once', async () => {
    const { dns } = await ask(() => [], 15_000);
    const abort = new AbortController();
    const answer = dns.lookup('a.test', 'A', { signal: abort.signal });
    setImmediate(() => abort.abort());
    expect(await answer).toMatchObject({ kind: 'fault', fault: 'aborted' });
  });

  test('a closed port is unreachable', async () => {
    const server = await startScriptedServer(good);
    await server.close();
    const answer = await createSystemDns({ servers: [server.address], timeoutMs: 2000 }).lookup('a.test', 'A');
    expect(answer).toMatchObject({ kind: 'fault', fault: 'unreachable' });
  });

  test.each<readonly [string, Script]>([
    ['silent', () => []],
    ['SERVFAIL', (query) => [respond(query, { rcode: 2 })]],
    ['REFUSED', (query) => [respond(query, { rcode: 5 })]],
    ['broken', (query) => [respond(query, { answers: [addressOf(query, '192.0.2.1')] }).subarray(0, -12)]],
    ['no resolver', (query) => [respond(query, { authorities: [{ name: 'test', type: 'NS', ttl: 1, data: 'ns.test' }] })]],
  ])('after one that is %s comes the next', async (_what, script) => {
    const [first, second] = [await start(script), await start(good)];
    const dns = createSystemDns({ servers: [first.address, second.address], timeoutMs: 400 });
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'found', records: ['192.0.2.1'] });
    expect(first.queries.length).toBeGreaterThan(0);
  });

  test('a silent one is asked last for 30 s', async () => {
    const [silent, answering] = [await start(() => []), await start(good)];
    const clock = { ms: 0 };
    const dns = createSystemDns({ servers: [silent.address, answering.address], timeoutMs: 200, now: () => clock.ms });
    await dns.lookup('a.test', 'A');
    const asked = silent.queries.length;
    await dns.lookup('b.test', 'A');
    expect(silent.queries).toHaveLength(asked);
    clock.ms += 30_000;
    await dns.lookup('c.test', 'A');
    expect(silent.queries.length).toBeGreaterThan(asked);
  });

  test('the fault that says most is told', async () => {
    const [broken, silent] = [await start((query) => [respond(query, { rcode: 2 })]), await start(() => [])];
    const dns = createSystemDns({ servers: [broken.address, silent.address], timeoutMs: 100 });
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ fault: 'servfail', detail: expect.stringContaining('SERVFAIL; ') });
  });

  test.each(['localhost', '192.0.2.1:0', '192.0.2.1:70000', '[192.0.2.1]:53', '2001:db8::1:53:x', ''])(
    '%j is refused as a server',
    (server) => {
      expect(() => createSystemDns({ servers: [server] })).toThrow(`DNS server "${server}" is no IP address`);
    },
  );
});

describe('answers', () => {
  test('the AD bit is handed on', async () => {
    const { dns } = await ask((query) => [respond(query, { authentic: true, answers: [addressOf(query, '192.0.2.1')] })]);
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ authentic: true });
  });

  test.each([
    ['the minimum', soa('test', 900, 60), 60],
    ['the TTL of the SOA record', soa('test', 30, 900), 30],
    ['at most three hours', soa('test', 1e6, 1e6), 10_800],
    ['nothing when the SOA record is of another zone', soa('other.test', 900, 900), 0],
  ])('a negative answer is kept for %s', async (_what, authority, ttlSeconds) => {
    const { dns } = await ask((query) => [respond(query, { rcode: 3, authorities: [authority] })]);
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'nxdomain', ttlSeconds });
  });

  test('the smallest TTL counts, and one with the highest bit is zero', async () => {
    const { dns } = await ask((query) => [
      respond(query, {
        answers: [addressOf(query, '192.0.2.1', 50), addressOf(query, '192.0.2.2', query.name === 'b.test' ? 0x8000_0001 : 90)],
      }),
    ]);
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ ttlSeconds: 50 });
    expect(await dns.lookup('b.test', 'A')).toMatchObject({ ttlSeconds: 0 });
  });

  test('octets that are no UTF-8 are read as Latin-1', async () => {
    const { dns } = await ask((query) => [
      respond(query, { answers: [{ name: query.name, type: 'TXT', ttl: 1, data: [Buffer.from([0xe1]), Buffer.from('b')] }] }),
    ]);
    expect(await dns.lookup('a.test', 'TXT')).toMatchObject({ records: ['áb'] });
  });

  test('names come without line breaks', async () => {
    const { dns } = await ask((query) => [
      respond(query, { answers: [{ name: query.name, type: 'PTR', ttl: 1, data: 'Evil\r\nname.test' }] }),
    ]);
    expect(await dns.lookup('a.test', 'PTR')).toMatchObject({ records: ['evil\\013\\010name.test'] });
  });

  test('a CNAME that leaves the answer is asked for, and all TTLs count', async () => {
    const { server, dns } = await ask((query) => [
      respond(query, {
        authentic: query.name === 'a.test',
        answers: [query.name === 'a.test' ? { name: 'a.test', type: 'CNAME', ttl: 20, data: 'B.test' } : addressOf(query, '192.0.2.7')],
      }),
    ]);
    expect(await dns.lookup('a.test', 'A')).toEqual({ kind: 'found', records: ['192.0.2.7'], ttlSeconds: 20, authentic: false });
    expect(server.queries.map((query) => query.name)).toEqual(['a.test', 'b.test']);
  });

  test.each<readonly [string, (name: string) => string]>([
    ['a loop over several answers', (name) => (name === 'a.test' ? 'b.test' : 'a.test')],
    ['a chain without end', (name) => `x${name}`],
    ['a CNAME to itself', (name) => name],
    ['a CNAME to what is no host name', () => 'line\nbreak.test'],
  ])('%s is malformed', async (_what, target) => {
    const { server, dns } = await ask((query) => [
      respond(query, { answers: [{ name: query.name, type: 'CNAME', ttl: 1, data: target(query.name) }] }),
    ]);
    expect(await dns.lookup('a.test', 'A')).toMatchObject({ kind: 'fault', fault: 'malformed' });
    expect(server.queries.length).toBeLessThanOrEqual(17);
  });
});

test('no packet makes it reject', async () => {
  let packet: (query: ScriptedQuery) => Buffer = (query) => query.packet;
  const { dns } = await ask((query) => [packet(query)], 30);
  const whole = (query: ScriptedQuery): Buffer =>
    respond(query, { answers: [addressOf(query, '192.0.2.1')], authorities: [soa('test', 1, 1)] });
  const flips = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(flips, fc.nat(120), fc.uint8Array({ maxLength: 40 }), async (changes, cut, tail) => {
      packet = (query) => {
        const bytes = Buffer.concat([whole(query).subarray(0, Math.max(12, cut)), tail]);
        // Behind the header, or everything would be stray; its counts too.
        for (const [at, value] of changes) if (at + 4 < bytes.length) bytes[at + 4] = value;
        return bytes;
      };
      expect(['found', 'nodata', 'nxdomain', 'fault']).toContain((await dns.lookup('a.test', 'A')).kind);
    }),
    { numRuns: 150 },
  );
});

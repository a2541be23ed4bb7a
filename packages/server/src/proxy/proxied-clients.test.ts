import { describe, expect, it } from 'vitest';
import { TLS } from '../certificate.fixture.ts';
import { ENVELOPE, type ServedInMemory as Served, serve, until, type Wishes } from '../server.fixture.ts';
import { extension, header2, ipv4, withChecksum } from './header.fixture.ts';

const PROXY = '127.0.0.1';
const OTHER = '127.0.0.9';
const LINE = 'PROXY TCP4 192.0.2.7 127.0.0.1 40000 25\r\n';
const BINARY = header2(0x21, 0x11, ipv4('192.0.2.7', '127.0.0.1', 40_000, 25));
const GREETING = '220 mx1d10.thinline.example ESMTP Vratny';

/** A server before which there is a proxy. */
const serveProxied = (wishes: Wishes = {}) => serve({ proxies: (ip) => ip === PROXY, ...wishes });
const sessions = (served: Served) => served.journal.events.filter((event) => event.kind === 'session');

/** A connection of the proxy that begins with these octets. */
function arrive(served: Served, octets: string | Buffer) {
  const client = served.dial();
  client.write(octets);
  return client;
}

describe('a connection of a proxy', () => {
  it.each([
    ['version 1', LINE],
    ['version 2', BINARY],
    [
      'version 2 with a checksum',
      withChecksum(header2(0x21, 0x11, ipv4('192.0.2.7', '127.0.0.1', 40_000, 25), extension(3, Buffer.alloc(4)))),
    ],
  ])('%s: everything is about the client, with TLS too', async (_name, header) => {
    const served = await serveProxied({ tls: TLS });
    const client = arrive(served, header);
    expect(await client.reply()).toBe(GREETING);
    expect(served.server.clients.perIp).toEqual(new Map([['192.0.2.7', 1]]));
    await client.ask('EHLO client.test');
    await client.startTls();
    await client.ask('EHLO client.test');
    await client.askAll(...ENVELOPE, 'DATA');
    expect(await client.ask('Subject: x\r\n\r\nx\r\n.')).toMatch(/^250 /u);
    expect(sessions(served)).toMatchObject([
      { what: 'opened', detail: `through ${PROXY}`, occasion: { client: '192.0.2.7' } },
      { what: 'tls', occasion: { client: '192.0.2.7' } },
    ]);
  });

  it.each([LINE, BINARY])('the header may come octet by octet', async (header) => {
    const served = await serveProxied();
    const client = served.dial();
    client.socket.setNoDelay(true);
    for (const octet of Buffer.from(header)) {
      client.write(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.reply()).toBe(GREETING);
    expect(await client.ask('EHLO client.test')).toMatch(/^250/u);
  });

  it.each([
    [`${LINE}EHLO x\r\n`, /^554 5\.5\.1 /u],
    [LINE + LINE, /^421 4\.7\.0 no PROXY header is taken from 192\.0\.2\.7/u],
    [Buffer.concat([BINARY, BINARY]), /^421 4\.7\.0 no PROXY header is taken from 192\.0\.2\.7/u],
  ])('%s: a client that speaks before it is greeted is refused as others are', async (octets, reply) => {
    const served = await serveProxied();
    expect(await arrive(served, octets).rest()).toMatch(reply);
    expect(sessions(served)).toMatchObject([{ what: 'refused', occasion: { client: '192.0.2.7' } }]);
  });

  it.each([
    ['EHLO client.test\r\n', /^421 4\.7\.0 a connection from 127\.0\.0\.1 begins with a PROXY header here\r\n$/u],
    ['QUIT\r\n', /^421 4\.7\.0 a connection/u],
    ['PROXY TCP4 nonsense\r\n', /^421 4\.7\.0 the PROXY header from 127\.0\.0\.1 is malformed\r\n$/u],
    [header2(0x21, 0x91), /^421 4\.7\.0 the PROXY header/u],
    ['\u0016\u0003\u0001', /^421 4\.7\.0 a connection/u],
  ])('%j is refused, and told', async (octets, reply) => {
    const served = await serveProxied();
    expect(await arrive(served, octets).rest()).toMatch(reply);
    expect(sessions(served)).toMatchObject([
      { what: 'refused', occasion: { client: PROXY }, detail: expect.stringMatching(/^421 4\.7\.0 /u) },
    ]);
    expect(served.server.clients.total).toBe(0);
  });

  it.each(['', 'PROXY TCP4 1', '\r\n\r\n'])('%j and no more: refused when its time is over', async (octets) => {
    const served = await serveProxied({ proxyHeaderMs: 50 });
    expect(await arrive(served, octets).rest()).toMatch(/^421 4\.4\.2 no PROXY header came from 127\.0\.0\.1 in time\r\n$/u);
    expect(sessions(served)).toMatchObject([{ what: 'refused' }]);
  });

  it('one that goes away without a header is nobody', async () => {
    const served = await serveProxied();
    const [ended, broken, half] = [served.dial(), served.dial(), arrive(served, 'PROXY TCP4')];
    for (const { socket } of [ended, broken, half]) await new Promise((resolve) => socket.once('connect', resolve));
    ended.socket.end();
    half.socket.end();
    broken.socket.resetAndDestroy();
    expect(await ended.rest()).toBe('');
    expect(await half.rest()).toBe('');
    const client = arrive(served, LINE);
    expect(await client.reply()).toBe(GREETING);
    await client.ask('NOOP');
    expect(sessions(served)).toHaveLength(1);
  });

  it('draining tells those whose header has not come', async () => {
    const served = await serveProxied();
    const waiting = arrive(served, 'PROXY');
    await until('it is seen', () => waiting.socket.bytesWritten === 5);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await served.server.drain(0);
    expect(await waiting.rest()).toMatch(/^421 4\.3\.2 /u);
  });

  it("the limit of an address is the client's, not the proxy's", async () => {
    const served = await serveProxied({ limits: { connectionsPerIpMax: 2 } });
    const line = (host: number) => LINE.replace('192.0.2.7', `192.0.2.${host}`);
    for (const host of [1, 1, 2, 2, 3]) expect(await arrive(served, line(host)).reply()).toBe(GREETING);
    expect(await arrive(served, line(1)).rest()).toMatch(/^421 4\.7\.0 too many connections from 192\.0\.2\.1,/u);
  });

  it('connections whose header has not come count too where the whole is bounded', async () => {
    const served = await serveProxied({ limits: { connectionsMax: 2 } });
    expect(await arrive(served, LINE).reply()).toBe(GREETING);
    const waiting = arrive(served, 'PROXY');
    await until('it is there', () => waiting.socket.bytesWritten === 5);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await arrive(served, LINE).rest()).toMatch(/^421 4\.3\.2 /u);
    waiting.write(LINE.slice(5));
    expect(await waiting.reply()).toBe(GREETING);
  });
});

describe('a health check', () => {
  it.each([
    ['LOCAL', header2(0x20, 0)],
    ['LOCAL with a checksum', withChecksum(header2(0x20, 0, extension(3, Buffer.alloc(4))))],
    ["version 1 from the proxy's own address", `PROXY TCP4 ${PROXY} 127.0.0.1 40000 25\r\n`],
  ])('%s: it is answered, counted nowhere, and not written down', async (_name, header) => {
    const served = await serveProxied({ limits: { connectionsPerIpMax: 1 } });
    for (let i = 0; i < 3; i += 1) {
      const check = arrive(served, header);
      expect(await check.reply()).toBe(GREETING);
      expect(await check.ask('EHLO check.test')).toMatch(/^250/u);
      expect(served.server.clients).toMatchObject({ total: 0, perIp: new Map() });
    }
    expect(served.journal.events).toEqual([]);
  });

  it('may send mail, which is judged as any', async () => {
    const served = await serveProxied();
    const check = arrive(served, header2(0x20, 0));
    await check.reply();
    await check.ask('EHLO check.test');
    expect(await check.askAll(ENVELOPE[0], 'RCPT TO:<nobody@example.test>')).toMatchObject(
      [/^250/u, /^550/u].map((p) => expect.stringMatching(p)),
    );
  });
});

it.each([
  ['UNKNOWN', 'PROXY UNKNOWN\r\n'],
  ['UNSPEC', header2(0x21, 0)],
  ['a UNIX socket', header2(0x21, 0x31, Buffer.alloc(216))],
])('%s: a client that the proxy cannot name is counted at the proxy', async (_name, header) => {
  const served = await serveProxied();
  expect(await arrive(served, header).reply()).toBe(GREETING);
  expect(served.server.clients.perIp).toEqual(new Map([[PROXY, 1]]));
});

describe('a connection of anybody else', () => {
  it('needs no header', async () => {
    const served = await serveProxied();
    expect(await served.dial(undefined, OTHER).reply()).toBe(GREETING);
  });

  it.each([
    ['version 1', LINE],
    ['version 1, malformed', 'PROXY x\r\n'],
    ['version 2', BINARY],
    ['LOCAL', header2(0x20, 0)],
  ])('%s: a header is refused, before the greeting and after it', async (_name, header) => {
    for (const proxies of [{ proxies: (ip: string) => ip === PROXY }, {}]) {
      const served = await serve(proxies);
      const early = served.dial(undefined, OTHER);
      early.write(header);
      expect(await early.rest()).toMatch(/421 4\.7\.0 no PROXY header is taken from 127\.0\.0\.9\r\n$/u);
      const late = await served.client(OTHER);
      late.write(header);
      expect(await late.rest()).toBe('421 4.7.0 no PROXY header is taken from 127.0.0.9\r\n');
      await until('both are gone', () => served.server.clients.total === 0);
      const refused = sessions(served).filter(({ what }) => what === 'refused');
      expect(refused).toMatchObject([1, 2].map(() => ({ occasion: { client: OTHER }, detail: expect.stringContaining('PROXY') })));
    }
  });

  it('a header in pieces is refused as well', async () => {
    const served = await serveProxied();
    const client = await served.client(OTHER);
    for (const piece of [BINARY.subarray(0, 1), BINARY.subarray(1, 3), BINARY.subarray(3)]) {
      client.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await client.rest()).toMatch(/421 4\.7\.0 no PROXY header is taken from 127\.0\.0\.9\r\n$/u);
  });
});

import { header2, ipv4, TLS } from '@vratny/server/testing';
import { describe, expect, it } from 'vitest';
import { COMMANDS_MAX, LINGER_MS, OCTETS_MAX, SESSION_MS } from './limits.ts';
import { MAIL, serveTarpit, until } from './tarpit.fixture.ts';

const GREETING = '220 mx1c20.thinline.example ESMTP Vratny';
const LATER = /^451 4\.3\.2 [^\n]+$/u;

describe('a tarpit that delays everything', () => {
  it.each(['EHLO a', 'HELO a', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', 'STARTTLS', 'NOOP', 'RSET', 'VRFY x', '', 'GET / HTTP/1.1'])(
    '%j is 451',
    async (line) => {
      const client = (await serveTarpit()).client();
      expect(await client.reply()).toBe(GREETING);
      expect(await client.ask(line)).toMatch(LATER);
      expect(await client.ask(line)).toMatch(LATER);
    },
  );

  it('QUIT is 421, and the connection ends; the journal hears of it', async () => {
    const { server, client: connect, events } = await serveTarpit();
    const client = connect();
    await client.reply();
    await client.ask('EHLO a');
    client.say('QUIT', 'NOOP');
    expect(await client.rest()).toMatch(/^421 4\.3\.2 [^\n]+\r\n$/u);
    await until(() => server.clients.total === 0);
    expect(events).toEqual([
      {
        kind: 'session',
        what: 'closed',
        detail: '2 commands in 0 s',
        occasion: { host: 'c20', client: '127.0.0.1', session: expect.any(String) },
      },
    ]);
  });

  it('a transaction sent in one go, before the greeting even, gets a reply for each line', async () => {
    const client = (await serveTarpit()).client('EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nQUIT\r\n');
    const replies = (await client.rest()).split('\r\n').slice(0, -1);
    expect(replies.map((reply) => reply.slice(0, 3))).toEqual(['220', '451', '451', '451', '451', '421']);
  });
});

describe('a tarpit that speaks as a mail server', () => {
  it('greets, and takes nothing', async () => {
    const client = (await serveTarpit({ replies: MAIL })).client();
    expect(await client.reply()).toBe(GREETING);
    expect(await client.ask('EHLO a')).toBe(
      '250-mx1c20.thinline.example\n250-SIZE 1000\n250-PIPELINING\n250-LIMITS MAILMAX=1000 RCPTMAX=100\n250-8BITMIME\n250-ENHANCEDSTATUSCODES\n250 PRDR',
    );
    expect(await client.ask('HELO a')).toBe('250 mx1c20.thinline.example');
    for (const line of ['STARTTLS', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', 'RSET', 'NOOP'])
      expect(await client.ask(line)).toMatch(LATER);
    client.say('QUIT');
    expect(await client.rest()).toMatch(/^221 2\.0\.0 /u);
  });

  it('encrypts, once, and believes nothing that was said in the clear behind STARTTLS', async () => {
    const served = await serveTarpit({ replies: { ...MAIL, tls: TLS } });
    const client = served.client();
    await client.reply();
    expect(await client.ask('EHLO a')).toContain('STARTTLS');
    await client.startTls();
    const offer = await client.ask('EHLO a');
    expect(offer).toContain('250-SIZE');
    expect(offer).not.toContain('STARTTLS');
    expect(await client.ask('STARTTLS')).toMatch(LATER);
    expect(await client.ask('MAIL FROM:<a@b>')).toMatch(LATER);
    client.say('QUIT');
    expect(await client.rest()).toMatch(/^221 /u);
    await until(() => served.server.clients.total === 0);

    const injecting = served.client();
    await injecting.reply();
    injecting.say('STARTTLS', 'MAIL FROM:<a@b>', 'QUIT');
    expect(await injecting.reply()).toMatch(/^220 2\.0\.0 /u);
    await until(() => served.server.clients.total === 1);
    injecting.write('this is no handshake\r\n'.repeat(10));
    await injecting.rest();
    await until(() => served.server.clients.total === 0);
  });

  it('a certificate is renewed for new handshakes; a bad one is refused', async () => {
    const { server, client: connect } = await serveTarpit({ replies: { ...MAIL, tls: TLS } });
    expect(() => server.renewCertificate({ certificates: [{ cert: 'none', key: 'none' }] })).toThrow(/PEM/iu);
    server.renewCertificate(TLS);
    const client = connect();
    await client.reply();
    await client.startTls();
    expect(await client.ask('HELO a')).toMatch(/^250 /u);
    await expect(serveTarpit({ replies: { ...MAIL, tls: { certificates: [{ cert: 'none', key: 'none' }] } } })).rejects.toThrow(/PEM/iu);
  });
});

describe('time', () => {
  it('nothing is said before its delay, and each reply has one of its own', async () => {
    const served = await serveTarpit({ delayMs: 1000 });
    const client = served.client('EHLO a\r\nNOOP\r\n');
    let heard = 0;
    client.socket.on('data', () => {
      heard += 1;
    });
    await until(() => served.server.clients.total === 1 && client.socket.bytesWritten === 14);
    served.pass(999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toBe(0);
    served.pass(1);
    expect(await client.reply()).toBe(GREETING);
    served.pass(999);
    served.pass(1);
    expect(await client.reply()).toMatch(LATER);
    expect(heard).toBe(2);
    served.pass(1000);
    expect(await client.reply()).toMatch(LATER);
  });

  it.each([
    [0, 500],
    [1, 1500],
  ])('the jitter: with %i it is %i ms', async (random, ms) => {
    const served = await serveTarpit({ delayMs: 1000, random: () => random });
    const client = served.client();
    await until(() => served.server.clients.total === 1);
    served.pass(ms - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.socket.bytesRead).toBe(0);
    served.pass(1);
    expect(await client.reply()).toBe(GREETING);
  });

  it('a session ends, and who does not leave is cut off', async () => {
    const served = await serveTarpit();
    const client = served.client();
    await client.reply();
    served.pass(SESSION_MS - 1);
    expect(await client.ask('NOOP')).toMatch(LATER);
    served.pass(1);
    expect(await client.reply()).toMatch(/^421 4\.3\.2 /u);
    served.pass(LINGER_MS - 1);
    expect(served.server.clients.total).toBe(1);
    served.pass(1);
    await until(() => served.server.clients.total === 0);
  });
});

describe('bounds', () => {
  it('commands: the last one is told to go', async () => {
    const client = (await serveTarpit()).client('NOOP\r\n'.repeat(1000));
    const codes = (await client.rest()).split('\r\n').map((reply) => reply.slice(0, 3));
    expect(codes).toEqual(['220', ...Array(COMMANDS_MAX - 1).fill('451'), '421', '']);
  });

  it('octets: an endless line is no command', async () => {
    const served = await serveTarpit();
    const client = served.client();
    await client.reply();
    client.write('x'.repeat(OCTETS_MAX + 1));
    expect(await client.rest()).toMatch(/^421 4\.3\.2 /u);
    await until(() => served.server.clients.total === 0);
  });

  it('connections, in all and of one address; who leaves makes room', async () => {
    for (const [limits, reply] of [
      [{ connectionsMax: 2 }, /^421 4\.3\.2 /u],
      [{ connectionsPerIpMax: 2 }, /^421 4\.7\.0 /u],
    ] as const) {
      const { server, client: connect, events } = await serveTarpit(limits);
      const [one, two] = [connect(), connect()];
      await Promise.all([one.reply(), two.reply()]);
      expect(server.clients.perIp).toEqual(new Map([['127.0.0.1', 2]]));
      expect(await connect().rest()).toMatch(reply);
      expect(events).toMatchObject([{ kind: 'session', what: 'refused' }]);
      one.socket.destroy();
      await until(() => server.clients.total === 1);
      expect(await connect().reply()).toBe(GREETING);
    }
  });

  it('those who are not taken are counted: a line for the first of an address, and the number of the others', async () => {
    const { server, client: connect, events } = await serveTarpit({ connectionsPerIpMax: 1 });
    await connect().reply();
    for (let i = 0; i < 5; i += 1) await connect().rest();
    expect(events).toMatchObject([{ what: 'refused', occasion: { client: '127.0.0.1' } }]);
    await server.drain(0);
    expect(events.filter((event) => event.kind === 'session' && event.what === 'refused')).toMatchObject([{}, { count: 4 }]);
  });

  it('a connection that breaks is forgotten', async () => {
    const { server, client: connect } = await serveTarpit();
    const client = connect();
    await client.reply();
    client.socket.resetAndDestroy();
    await until(() => server.clients.total === 0);
    expect(server.clients.perIp.size).toBe(0);
  });
});

describe('beginning and end', () => {
  it('drains: tells everybody, cuts off who stays, and listens no more', async () => {
    const { server, client: connect } = await serveTarpit();
    const [polite, stubborn] = [connect(), connect()];
    await Promise.all([polite.reply(), stubborn.reply()]);
    const drained = server.drain(50);
    expect(await polite.rest()).toMatch(/^421 4\.3\.2 /u);
    await drained;
    expect(server.clients.total).toBe(0);
    expect(await stubborn.rest()).toMatch(/^421 4\.3\.2 /u);
    await expect(connect().reply()).rejects.toThrow('closed the connection');
  });
});

describe('behind a proxy', () => {
  const LINE = 'PROXY TCP4 192.0.2.7 127.0.0.1 40000 25\r\n';
  const LOCAL = header2(0x20, 0);

  it.each([LINE, header2(0x21, 0x11, ipv4('192.0.2.7', '127.0.0.1', 40_000, 25))])(
    'the client is the one that the header names',
    async (header) => {
      const { server, client: connect, events } = await serveTarpit({ proxies: () => true });
      const client = connect();
      client.write(Buffer.concat([Buffer.from(header), Buffer.from('EHLO a\r\n')]));
      expect(await client.reply()).toBe(GREETING);
      expect(await client.reply()).toMatch(LATER);
      expect(server.clients.perIp).toEqual(new Map([['192.0.2.7', 1]]));
      client.socket.destroy();
      await until(() => server.clients.total === 0);
      expect(events).toMatchObject([{ what: 'closed', occasion: { client: '192.0.2.7' } }]);
    },
  );

  it('a health check is answered, and counted nowhere', async () => {
    const { server, client: connect, events } = await serveTarpit({ proxies: () => true, connectionsPerIpMax: 1 });
    for (let i = 0; i < 3; i += 1) {
      const check = connect();
      check.write(LOCAL);
      expect(await check.reply()).toBe(GREETING);
    }
    expect(server.clients).toEqual({ total: 0, perIp: new Map() });
    await server.drain(0);
    expect(events).toEqual([]);
  });

  it.each([
    ['EHLO a\r\n', /^421 4\.7\.0 /u],
    ['PROXY TCP4\r\n', /^421 4\.7\.0 /u],
    ['PROXY', /^421 4\.4\.2 /u],
  ])('%j: no header, no session', async (octets, reply) => {
    const { client: connect, events } = await serveTarpit({ proxies: () => true, proxyHeaderMs: 50 });
    const client = connect(octets);
    expect(await client.rest()).toMatch(reply);
    expect(events).toMatchObject([{ what: 'refused', occasion: { client: '127.0.0.1' } }]);
  });

  it.each([LINE, LOCAL])('others may not begin with a header', async (header) => {
    for (const split of [0, 1, 3]) {
      const { client: connect, events } = await serveTarpit();
      const client = connect();
      client.write(Buffer.from(header).subarray(0, split));
      await client.reply();
      client.write(Buffer.from(header).subarray(split));
      expect(await client.rest()).toMatch(/421 4\.7\.0 no PROXY header is taken from 127\.0\.0\.1\r\n$/u);
      expect(events[0]).toMatchObject({ what: 'refused', occasion: { client: '127.0.0.1' } });
    }
  });
});

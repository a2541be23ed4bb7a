import { createHash, randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { TLS } from './certificate.fixture.ts';
import { ENVELOPE, serve, until } from './server.fixture.ts';

describe('STARTTLS', () => {
  it('forgets the session, is offered once, and mail goes through', async () => {
    const served = await serve({ tls: TLS });
    const client = await served.client();
    expect(await client.ask('EHLO client.test')).toContain('STARTTLS');
    await client.askAll(...ENVELOPE);
    await client.startTls();
    expect(await client.ask('DATA')).toBe('503 5.5.1 say EHLO or HELO first');
    const offer = await client.ask('EHLO client.test');
    expect(offer).toContain('250-SIZE');
    expect(offer).not.toContain('STARTTLS');
    expect(await client.ask('STARTTLS')).toMatch(/^503 5\.5\.1 /u);
    await client.askAll(...ENVELOPE, 'DATA');
    expect(await client.ask('Subject: x\r\n\r\nx\r\n.')).toMatch(/^250 /u);
    expect(served.stored).toHaveLength(1);
    expect(served.journal.events.filter((event) => event.kind === 'session').map((event) => event.what)).toEqual(['opened', 'tls']);
  });

  it('throws away what was said in the clear behind it', async () => {
    const served = await serve({ tls: TLS });
    const client = await served.ready();
    client.say('STARTTLS', 'EHLO evil.test', ...ENVELOPE, 'DATA', 'injected', '.');
    expect(await client.reply()).toMatch(/^220 2\.0\.0 /u);
    client.socket.removeAllListeners('data');
    const socket = connectTls({ socket: client.socket, rejectUnauthorized: false });
    const said = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())));
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    socket.write('MAIL FROM:<a@sender.test>\r\n');
    expect(await said).toBe('503 5.5.1 say EHLO or HELO first\r\n');
    expect(served.stored).toEqual([]);
  });

  it('lets a client go whose handshake fails, and serves the next', async () => {
    const served = await serve({ tls: TLS });
    const client = await served.ready();
    await client.ask('STARTTLS');
    client.write('this is no handshake\r\n'.repeat(10));
    await client.rest();
    await until('the client is gone', () => served.server.clients.total === 0);
    expect(served.journal.events.at(-1)).toMatchObject({ kind: 'session', what: 'closed', detail: expect.stringMatching(/SSL/u) });
    await (await served.ready()).startTls();
  });

  it.each(['closes its side', 'breaks the connection'])('lets a client go that %s before the handshake', async (how) => {
    const served = await serve({ tls: TLS });
    const client = await served.ready();
    await client.ask('STARTTLS');
    if (how === 'closes its side') client.socket.end();
    else client.socket.resetAndDestroy();
    await until('the client is gone', () => served.server.clients.total === 0);
  });

  it('takes a handshake that comes octet by octet', async () => {
    const served = await serve({ tls: TLS });
    const client = await served.ready();
    await client.ask('STARTTLS');
    client.socket.removeAllListeners('data');
    const raw = client.socket;
    const trickle = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, next) {
        for (const octet of chunk) raw.write(Buffer.from([octet]));
        next();
      },
    });
    raw.on('data', (chunk: Buffer) => trickle.push(chunk));
    const socket = connectTls({ socket: trickle, rejectUnauthorized: false });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    const said = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())));
    socket.write('NOOP\r\n');
    expect(await said).toMatch(/^250 /u);
  });

  const record = (type: number, body: Buffer) => Buffer.concat([Buffer.from([type, 3, 1, body.length >> 8, body.length & 255]), body]);
  it.each<[string, (hello: Buffer) => Buffer]>([
    ['a ClientHello and garbage', (hello) => Buffer.concat([hello, Buffer.from('no record\r\n'.repeat(20))])],
    ['two of them', (hello) => Buffer.concat([hello, hello])],
    ['a ClientHello and an alert', (hello) => Buffer.concat([hello, record(21, Buffer.from([2, 40]))])],
    ['a ClientHello and close_notify', (hello) => Buffer.concat([hello, record(21, Buffer.from([1, 0]))])],
    ['an alert alone', () => record(21, Buffer.from([2, 40]))],
    ['application data', () => record(23, Buffer.alloc(100))],
    ['a hundred ChangeCipherSpec', () => Buffer.concat(Array.from({ length: 100 }, () => record(20, Buffer.from([1]))))],
    ['a record that is too long', () => Buffer.concat([Buffer.from('1603014001', 'hex'), Buffer.alloc(16_385)])],
    ['SSL 2', () => Buffer.concat([Buffer.from('802e0100020015000000', 'hex'), Buffer.alloc(46)])],
    ['a message of another type', (hello) => Buffer.concat([hello.subarray(0, 5), Buffer.from([9]), hello.subarray(6)])],
    ['another version of the record', (hello) => Buffer.concat([Buffer.from([22, 5, 5]), hello.subarray(3)])],
    ['HTTP', () => Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('a handshake that breaks ends its client, and nobody else: %s', async (_what, octets) => {
    const served = await serve({ tls: TLS });
    const hello = await new Promise<Buffer>((resolve) => {
      const wire = new Duplex({
        read: () => undefined,
        write(chunk: Buffer, _encoding, next) {
          resolve(chunk);
          next();
        },
      });
      connectTls({ socket: wire }).on('error', () => undefined);
    });
    const [client, other] = [await served.ready(), await served.ready()];
    await client.ask('STARTTLS');
    client.write(octets(hello));
    await until('the client is gone', () => served.server.clients.total === 1);
    expect(await other.ask('NOOP')).toMatch(/^250 /u);
    await other.startTls();
    expect(await other.ask('EHLO client.test')).toContain('250-SIZE');
    expect(served.journal.events.filter((event) => event.kind === 'fault')).toEqual([]);
  });

  it('bounds handshakes that are not finished: the next one waits, and begins when one is over', async () => {
    const served = await serve({ tls: TLS, handshakesMax: 1 });
    const [first, second, third] = [await served.ready(), await served.ready(), await served.ready()];
    const wire = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, next) {
        first.write(chunk);
        next();
      },
    });
    await first.ask('STARTTLS');
    const answered = new Promise((resolve) => first.socket.once('data', resolve));
    connectTls({ socket: wire, rejectUnauthorized: false }).on('error', () => undefined);
    await answered;
    let shaken = 0;
    const others = [second, third].map(async (client) => {
      await client.startTls();
      await client.ask('EHLO client.test');
      shaken += 1;
    });
    expect(await (await served.ready()).ask('NOOP')).toMatch(/^250 /u);
    expect(shaken).toBe(0);
    first.socket.destroy();
    await Promise.all(others);
    expect(await third.ask('NOOP')).toMatch(/^250 /u);
  });

  it('can be drained in the middle of a handshake', async () => {
    const served = await serve({ tls: TLS });
    const client = await served.ready();
    await client.ask('STARTTLS');
    await served.server.drain(0);
    expect(served.server.clients.total).toBe(0);
    await client.rest();
  });

  it('answers what came before the client closed its side', async () => {
    const served = await serve({ tls: TLS });
    const client = await served.ready();
    await client.startTls();
    client.say('EHLO x', 'NOOP');
    client.socket.end();
    expect((await client.rest()).split('\r\n').at(-2)).toBe('250 2.0.0 still here');
  });

  it('takes a large message unharmed, in records of any size', async () => {
    const served = await serve({ tls: TLS });
    const client = await served.ready();
    await client.startTls();
    await client.ask('EHLO client.test');
    await client.askAll(...ENVELOPE, 'DATA');
    const body = `${randomBytes(300_000).toString('base64').replace(/.{76}/gu, '$&\r\n')}\r\n`;
    for (let at = 0; at < body.length; at += 777) client.write(body.slice(at, at + 777));
    expect(await client.ask('.')).toMatch(/^250 /u);
    const delivery = served.journal.events.find((event) => event.kind === 'delivery');
    expect(delivery).toMatchObject({ sha256: createHash('sha256').update(body).digest('hex') });
  });

  it('refuses a certificate that cannot be used, and goes on with the one from before', async () => {
    const served = await serve({ tls: TLS });
    expect(() => served.server.renewCertificate({ certificates: [{ cert: 'none', key: 'none' }] })).toThrow(/PEM/iu);
    expect(() => served.server.renewCertificate({ ...TLS, ciphers: 'NO-SUCH-CIPHER' })).toThrow(/cipher/iu);
    const client = await served.ready();
    await client.startTls();
    expect(await client.ask('NOOP')).toMatch(/^250 /u);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s: a session of one server is resumed by another with the same ticket keys, and by no other',
    async (version) => {
      const shared = { ...TLS, ticketKeys: randomBytes(48) };
      const [one, two, stranger] = [await serve({ tls: shared }), await serve({ tls: shared }), await serve({ tls: TLS })];
      const shake = async (served: typeof one, session?: Buffer) => {
        const client = await served.ready();
        await client.ask('STARTTLS');
        client.socket.removeAllListeners('data');
        const options = {
          rejectUnauthorized: false,
          minVersion: version,
          maxVersion: version,
          ...(session === undefined ? {} : { session }),
        };
        const socket = connectTls({ socket: client.socket, ...options });
        const ticket = new Promise<Buffer>((resolve) => socket.once('session', resolve));
        await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
        socket.on('data', () => undefined).write('NOOP\r\n');
        // A resumed session of TLS 1.2 gets no ticket of its own.
        return { ticket: socket.isSessionReused() ? undefined : await ticket, reused: socket.isSessionReused() };
      };
      const { ticket } = await shake(one);
      expect((await shake(two, ticket)).reused).toBe(true);
      expect((await shake(stranger, ticket)).reused).toBe(false);
      two.server.renewCertificate({ ...TLS, ticketKeys: randomBytes(48) });
      expect((await shake(two, ticket)).reused).toBe(false);
    },
  );

  it.each([
    [undefined, 'TLSv1.3', 'TLS_AES_128_GCM_SHA256'],
    ['ECDHE-ECDSA-AES256-GCM-SHA384', 'TLSv1.3', 'TLS_AES_128_GCM_SHA256'],
    ['TLS_AES_256_GCM_SHA384:ECDHE+AESGCM', 'TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
    ['ECDHE-ECDSA-AES256-GCM-SHA384', 'TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
    ['ECDHE-ECDSA-AES256-SHA', 'TLSv1.2', 'ECDHE-ECDSA-AES256-SHA'],
  ] as const)('ciphers %s, %s: %s', async (ciphers, version, expected) => {
    const served = await serve({ tls: { ...TLS, ...(ciphers === undefined ? {} : { ciphers }) } });
    const client = await served.ready();
    await client.ask('STARTTLS');
    client.socket.removeAllListeners('data');
    const socket = connectTls({ socket: client.socket, rejectUnauthorized: false, minVersion: version, maxVersion: version });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    expect(socket.getCipher().name).toBe(expected);
  });

  it('uses a renewed certificate for the next handshake', async () => {
    const served = await serve({ tls: TLS });
    served.server.renewCertificate(TLS);
    const client = await served.ready();
    await client.startTls();
    expect(await client.ask('NOOP')).toMatch(/^250 /u);
  });
});

import { describe, expect, it } from 'vitest';
import { ENVELOPE, serve, until } from './server.fixture.ts';

/** Mail in the body of a request, which a server that skips what it does not know would obey. */
const SMTP_IN_BODY = `\r\nEHLO x\r\n${ENVELOPE.join('\r\n')}\r\nDATA\r\nSubject: x\r\n\r\nsmuggled\r\n.\r\n`;

const CLIENT_HELLO = Buffer.concat([Buffer.from('160301020001', 'hex'), Buffer.from('0001fc0303', 'hex'), Buffer.alloc(500, 0x61)]);

const ROWS: readonly (readonly [name: string, octets: string | Buffer])[] = [
  ['HTTP POST', `POST / HTTP/1.1\r\nHost: mx.example.test\r\nContent-Length: 99\r\n${SMTP_IN_BODY}`],
  ['HTTP POST to a long address', `POST /${'x'.repeat(5_000)} HTTP/1.1\r\n${SMTP_IN_BODY}`],
  ['a long header of HTTP alone', `User-Agent: ${'x'.repeat(5_000)}\r\n${SMTP_IN_BODY}`],
  ['HTTP GET', 'GET / HTTP/1.0\r\n\r\n'],
  ['HTTP in lower case', 'get /index.html\r\n\r\n'],
  ['HTTP with a bare LF', `POST / HTTP/1.1\n${SMTP_IN_BODY}`],
  ['a method of its own', `FROBNICATE /x HTTP/1.1\r\n${SMTP_IN_BODY}`],
  ['an HTTP proxy', 'CONNECT mx.example.test:25 HTTP/1.1\r\n\r\n'],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['the header of a request', `Host: mx.example.test\r\n${SMTP_IN_BODY}`],
  ['SIP', 'OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm;branch=foo\r\n\r\n'],
  ['SIP INVITE', 'INVITE sip:alice@example.test SIP/2.0\r\n\r\n'],
  ['RTSP', 'DESCRIBE rtsp://x RTSP/1.0\r\n\r\n'],
  ['SSH', 'SSH-2.0-OpenSSH_9.2p1 Debian\r\n'],
  ['ssh in lower case', 'ssh-2.0-client\r\n'],
  ['PROXY v1 in lower case', 'proxy tcp4 192.0.2.1 192.0.2.2 56324 25\r\n'],
  ['PROXY v1', 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\r\n'],
  ['PROXY v2', Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex')],
  ['a TLS ClientHello', CLIENT_HELLO],
  ['one octet of TLS', Buffer.from([0x16])],
  ['RDP', Buffer.from('0300002f2ae00000000000436f6f6b69653a', 'hex')],
  ['SMB', Buffer.from('00000054ff534d4272', 'hex')],
  ['octets above 127', Buffer.from([0xff, 0xfb, 0x01])],
];

describe('another protocol on the port of SMTP', () => {
  it.each(ROWS)('%s ends the session at once, and nothing behind it is obeyed', async (_, octets) => {
    const served = await serve();
    const client = await served.client();
    client.write(octets);
    // An empty line is an error of its own; what follows it decides.
    expect(await client.rest()).toMatch(/^(?:500 5\.5\.2 [^\r\n]+\r\n)*(?:554 5\.5\.1|421 4\.7\.0 no PROXY) [^\r\n]+\r\n$/u);
    await until('the client is gone', () => served.server.clients.total === 0);
    expect(served.stored).toEqual([]);
    expect(served.journal.events).toContainEqual(expect.objectContaining({ kind: 'session', what: 'refused' }));
  });

  it.each(['', ' ', 'GETTING', 'POSTMASTER', 'X-HTTP', '1', '*1', 'HEADS up', 'NOOP GET', 'Subject: x'])(
    '%j is only an error, or nothing',
    async (line) => {
      const client = await (await serve()).ready();
      expect(await client.ask(line)).toMatch(/^(?:500|250) /u);
      expect(await client.ask('NOOP')).toMatch(/^250 /u);
    },
  );

  it('within a message is text', async () => {
    const served = await serve();
    const client = await served.ready();
    await client.askAll(...ENVELOPE, 'DATA');
    expect(await client.ask('GET / HTTP/1.1\r\n\r\n\u0016\u0003\u0001\r\n.')).toMatch(/^250 /u);
    expect(served.stored).toHaveLength(1);
  });
});

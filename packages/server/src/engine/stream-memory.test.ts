import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { TLS_PAIR } from '../certificate.fixture.ts';
import { type DataSink, MxStream } from './stream.ts';

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A stream that hashes the message after the line DATA, each chunk only when others have had their turn. */
function hashing() {
  const hash = createHash('sha256');
  const lines: string[] = [];
  const done = Promise.withResolvers<void>();
  const sink: DataSink = {
    async write(chunk) {
      await new Promise((resolve) => setImmediate(resolve));
      hash.update(chunk);
    },
    end: async () => done.resolve(),
  };
  const stream: MxStream = new MxStream({
    async onLine({ text }) {
      lines.push(text.toString('latin1'));
      if (text.toString('latin1') === 'DATA') stream.receive(sink);
    },
    onEnd: () => undefined,
  });
  return { stream, lines, done: done.promise, digest: () => hash.digest('hex') };
}

/** Octets that need no dot, no line end and no escape. */
function body(length: number): Buffer {
  return Buffer.from(randomBytes(length / 2).toString('hex'), 'latin1');
}

/** A buffer of its own, as a socket makes them. */
function owned(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}

describe('the memory of what came in', () => {
  it('is given back when a whole chunk was message, and only then', async () => {
    const { stream, lines, done } = hashing();
    const text = 'x'.repeat(10_000);
    const shared = Buffer.alloc(30_000, 'x');
    const chunks = {
      command: owned(`DATA\r\n${text}`),
      message: owned(text),
      stuffed: owned(`\r\n..${text}`),
      slice: shared.subarray(10_000, 20_000),
      small: owned('y'.repeat(1_000)),
      end: owned(`${text}\r\n.\r\nNOOP ${'z'.repeat(1_000)}\r\n`),
    };
    for (const chunk of Object.values(chunks)) stream.write(chunk);
    stream.end();
    await Promise.all([done, once(stream, 'finish')]);
    const kept = Object.entries(chunks).filter(([, chunk]) => chunk.length > 0);
    expect(kept.map(([name]) => name)).toEqual(['command', 'slice', 'small', 'end']);
    expect(shared.toString()).toBe('x'.repeat(30_000));
    expect(lines).toEqual(['DATA', `NOOP ${'z'.repeat(1_000)}`]);
  });

  it.each<[string, (take: (socket: Socket) => void) => Server, (port: number) => Socket]>([
    ['TCP', (take) => createServer(take), (port) => connect(port, '127.0.0.1')],
    ['TLS', (take) => createTlsServer(TLS_PAIR, take), (port) => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })],
  ])('is given back by a socket of %s, and the message is whole', async (_what, listen, open) => {
    const { stream, lines, done, digest } = hashing();
    const chunks: Buffer[] = [];
    const server = listen((socket) => {
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.pipe(stream);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = open((server.address() as AddressInfo).port);
    try {
      const message = body(5_000_000);
      client.end(Buffer.concat([Buffer.from('DATA\r\n'), message, Buffer.from('\r\n.\r\nQUIT\r\n')]));
      await Promise.all([done, once(stream, 'finish')]);
      expect(digest()).toBe(hashOf(Buffer.concat([message, Buffer.from('\r\n')])));
      expect(lines).toEqual(['DATA', 'QUIT']);
      // The last one has the end in it, and short ones are left alone.
      const kept = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      expect(kept).toBeLessThan(200_000);
    } finally {
      client.destroy();
      server.close();
    }
  });
});

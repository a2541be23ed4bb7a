import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createTarpit, TARPIT_SOCKETS } from '@vratny/receiving';

/**
 * A process of its own with nothing but a tarpit in it: prints its port, then answers each line of standard input with its resident octets and
 * its connections, after a garbage collection where it was started with --expose-gc. Ends when its standard input does.
 */
const tarpit = createTarpit({
  host: { role: 'secondary', letter: 'c' },
  hostName: 'mx1c20.thinline.example',
  replies: { kind: 'delays' },
  journal: { record: () => undefined },
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  delayMs: Number(process.argv[2] ?? 0),
  sessionMs: 60 * 60_000,
  connectionsMax: 20_000,
  connectionsPerIpMax: 20_000,
});
const server = createServer(TARPIT_SOCKETS, (socket) => tarpit.take(socket)).listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
process.stdin
  .on('data', () => {
    globalThis.gc?.();
    process.stdout.write(`${process.memoryUsage.rss()} ${tarpit.clients.total}\n`);
  })
  .on('end', () => process.exit(0));

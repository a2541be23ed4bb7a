import { listenTarpit } from '../../packages/server/src/tarpit/listen-tarpit.ts';

/**
 * A process of its own with nothing but a tarpit in it: prints its port, then answers each line of standard input with its resident octets and
 * its connections, after a garbage collection where it was started with --expose-gc. Ends when its standard input does.
 */
const server = await listenTarpit(
  {
    host: { role: 'secondary', letter: 'c' },
    hostName: 'mx1c20.thinline.example',
    speech: { kind: 'delays' },
    journal: { record: () => undefined },
    monotonicMs: () => performance.now(),
    delayMs: Number(process.argv[2] ?? 0),
    sessionMs: 60 * 60_000,
    connectionsMax: 20_000,
    connectionsPerIpMax: 20_000,
  },
  { host: '127.0.0.1', port: 0 },
);
process.stdout.write(`${server.address.port}\n`);
process.stdin
  .on('data', () => {
    globalThis.gc?.();
    process.stdout.write(`${process.memoryUsage.rss()} ${server.clients.total}\n`);
  })
  .on('end', () => process.exit(0));

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Something between a client and its server on this machine that counts how often the client waits for the server. */
export interface RoundTripsProxy extends AsyncDisposable {
  readonly port: number;
  /**
   * Round trips so far: bursts of a connection's client, each of them everything that it sent before it got an answer. What is sent in two pieces
   * without waiting between them is one.
   */
  count(): number;
}

/** Starts one before a port of 127.0.0.1. */
export async function startRoundTripsProxy(serverPort: number): Promise<RoundTripsProxy> {
  let trips = 0;
  const open = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect({ port: serverPort, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    let waits = false;
    client.on('data', (bytes) => {
      if (!waits) trips += 1;
      waits = true;
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      waits = false;
      client.write(bytes);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(one);
      // A reset is an end like any other.
      one
        .on('error', () => undefined)
        .on('close', () => {
          open.delete(one);
          other.destroy();
        });
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return {
    port: address.port,
    count: () => trips,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

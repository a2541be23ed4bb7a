import { createServer, type ServerOpts } from 'node:net';
import type { SmtpServer } from './smtp-server.ts';

/** A server with a listening socket of its own. */
export interface ListeningServer extends SmtpServer {
  /** Where it listens; the port is the real one when 0 was asked for. */
  readonly address: { readonly host: string; readonly port: number };
}

/** As the workers of mx accept their clients. */
const ACCEPTING: ServerOpts = { pauseOnConnect: true, allowHalfOpen: true };

/**
 * Accepts clients for a server, in this process; draining it closes the socket. Rejects with the system's error when
 * the address cannot be had.
 */
export async function listen(
  server: SmtpServer,
  at: { readonly host: string; readonly port: number },
  accepting: ServerOpts = ACCEPTING,
): Promise<ListeningServer> {
  const socket = createServer(accepting, (client) => server.take(client));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    // Without ipv6Only, `::` would take the IPv4 port as well, and 0.0.0.0 beside it could not be had.
    socket.listen({ ...at, ipv6Only: at.host.includes(':') }, resolve);
  });
  const address = socket.address();
  if (address === null || typeof address === 'string') throw new Error('a server that listens has an address and a port');
  return {
    address: { host: address.address, port: address.port },
    take: (client) => server.take(client),
    get clients() {
      return server.clients;
    },
    renewCertificate: (tls) => server.renewCertificate(tls),
    drain(deadlineMs) {
      socket.close();
      return server.drain(deadlineMs);
    },
  };
}

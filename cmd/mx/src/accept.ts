import { createServer, type ListenOptions, type Server, type ServerOpts } from 'node:net';
import type { Journal } from '@vratny/journal';
import type { SmtpServer } from '@vratny/server';

/**
 * Accepts clients on a socket and hands them to a server. A client that cannot be accepted (without descriptors, say) is a fault line; it may come
 * again. Rejects with the system's error when the address cannot be had.
 */
export async function acceptClients(
  at: ListenOptions,
  clients: Pick<SmtpServer, 'take'>,
  accepting: ServerOpts,
  journal: Pick<Journal, 'record'>,
): Promise<Server> {
  const server = createServer(accepting, (socket) => clients.take(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // For a descriptor Node reads the backlog of the options nowhere, and takes 511: a burst then overflows it, and clients whose last packet of the
    // handshake was dropped wait for a greeting that never comes.
    server.listen(at, at.backlog, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => journal.record({ kind: 'fault', where: 'socket', detail: `a client was not accepted: ${error.message}` }));
  return server;
}

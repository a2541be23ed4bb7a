import type { RunningServer } from '../listen.ts';
import { BACKLOG, DRAIN_MS, TICK_MS } from './limits.ts';
import type { TarpitOptions } from './options.ts';
import { GOING_DOWN } from './replies.ts';
import { createTarpitServer, empty } from './tarpit-server.ts';

/**
 * Starts the secondary host that takes nothing. Rejects with the system's error when the address cannot be had, and with OpenSSL's when the
 * certificate cannot be read.
 */
export async function listenTarpit(options: TarpitOptions, at: { readonly host: string; readonly port: number }): Promise<RunningServer> {
  const tarpit = createTarpitServer(options);
  const { server, crowd } = tarpit;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // As listen does: `::` leaves the IPv4 port to others.
    server.listen({ ...at, backlog: BACKLOG, ipv6Only: at.host.includes(':') }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // Without descriptors accept fails for a while; the clients come back.
  server.on('error', (error) => options.journal.record({ kind: 'fault', where: 'socket', detail: error.message }));
  const stopTicking = (options.every ?? everyInterval)(TICK_MS, tarpit.tick);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server that listens has an address and a port');
  return {
    address: { host: address.address, port: address.port },
    get clients() {
      return crowd.clients;
    },
    renewTls: (tls) => tarpit.certificates?.renew(tls),
    drain: async (deadlineMs = DRAIN_MS) => {
      server.close();
      await empty(tarpit, GOING_DOWN, deadlineMs);
      stopTicking();
    },
  };
}

function everyInterval(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}

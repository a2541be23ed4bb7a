import { MxServer } from './engine/server.ts';
import { DRAIN_MS } from './limits.ts';
import type { ServerOptions } from './options.ts';
import type { TlsSettings } from './tls/secure-contexts.ts';

/** A server that accepts clients. */
export interface RunningServer {
  /** Where it listens; the port is the real one when 0 was asked for. */
  readonly address: { readonly host: string; readonly port: number };
  readonly clients: MxServer['clients'];
  /** Replaces certificates, ciphers and ticket keys for new handshakes. @throws when they cannot be used; the old ones stay */
  renewTls(tls: TlsSettings): void;
  /** Stops: idle clients get 421, running messages are finished within {@link DRAIN_MS}. */
  drain(deadlineMs?: number): Promise<void>;
}

/** Starts to listen. Rejects with the system's error when the address cannot be had. */
export async function listen(options: ServerOptions, at: { readonly host: string; readonly port: number }): Promise<RunningServer> {
  const mx = new MxServer(options);
  await new Promise<void>((resolve, reject) => {
    mx.server.once('error', reject);
    // Without ipv6Only, `::` would take the IPv4 port as well, and 0.0.0.0 beside it could not be had.
    mx.server.listen({ port: at.port, host: at.host, ipv6Only: at.host.includes(':') }, () => {
      mx.server.off('error', reject);
      resolve();
    });
  });
  const address = mx.server.address();
  if (address === null || typeof address === 'string') throw new Error('a server that listens has an address and a port');
  return {
    address: { host: address.address, port: address.port },
    get clients() {
      return mx.clients;
    },
    renewTls: (tls) => mx.renewTls(tls),
    drain: (deadlineMs = DRAIN_MS) => mx.drain(deadlineMs),
  };
}

import type { Socket } from 'node:net';
import { MxServer } from './engine/server.ts';
import { DRAIN_MS } from './limits.ts';
import type { ServerOptions } from './server-options.ts';
import type { TlsSettings } from './tls/secure-contexts.ts';

/** A server that does not accept clients itself: the listening sockets belong to the primary process. */
export interface SmtpServer {
  /** Serves a client that was accepted with `allowHalfOpen`, or refuses it. */
  take(socket: Socket): void;
  /** The number of clients, in all and by address, without health checks of proxies. */
  readonly clients: { readonly total: number; readonly perIp: ReadonlyMap<string, number> };
  /**
   * Replaces certificates, ciphers and ticket keys for new handshakes. @throws when they cannot be used; the old ones
   * stay
   */
  renewCertificate(tls: TlsSettings): void;
  /** Ends: idle clients get 421, running messages are finished within `deadlineMs`, {@link DRAIN_MS} unless given. */
  drain(deadlineMs?: number): Promise<void>;
}

/** Makes a server. It does not listen. @throws OpenSSL's error when the certificates cannot be used */
export function createSmtpServer(options: ServerOptions): SmtpServer {
  const server = new MxServer(options);
  const { hasRoom } = options;
  return {
    take(socket) {
      if (hasRoom?.(socket) === false) {
        server.turnAwayBriefly(socket);
        return;
      }
      // Commands that came before the client closed its side are answered.
      socket.allowHalfOpen = true;
      server.server.emit('connection', socket);
    },
    get clients() {
      return server.clients;
    },
    renewCertificate: (tls) => server.renewTls(tls),
    drain: (deadlineMs = DRAIN_MS) => server.drain(deadlineMs),
  };
}

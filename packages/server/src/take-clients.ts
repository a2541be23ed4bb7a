import type { Socket } from 'node:net';
import { MxServer } from './engine/server.ts';
import { DRAIN_MS } from './limits.ts';
import type { ServerOptions } from './options.ts';
import type { TlsSettings } from './tls/secure-contexts.ts';

/** A server whose clients are accepted by somebody else: the primary process owns the listening sockets. */
export interface ClientServer {
  /** Serves a client that was accepted elsewhere. */
  take(socket: Socket): void;
  /** Tells a client that this process has no descriptors for it, and closes. */
  turnAway(socket: Socket): void;
  readonly clients: MxServer['clients'];
  /** Replaces certificates, ciphers and ticket keys for new handshakes. @throws when they cannot be used; the old ones stay */
  renewTls(tls: TlsSettings): void;
  /** Ends: idle clients get 421, running messages are finished within {@link DRAIN_MS}. */
  drain(deadlineMs?: number): Promise<void>;
}

/** Makes a server that does not listen. */
export function takeClients(options: ServerOptions): ClientServer {
  const mx = new MxServer(options);
  return {
    take(socket) {
      // As for sockets of our own: commands that came before the client closed its side are answered.
      socket.allowHalfOpen = true;
      mx.server.emit('connection', socket);
    },
    turnAway: (socket) => mx.turnAwayBriefly(socket),
    get clients() {
      return mx.clients;
    },
    renewTls: (tls) => mx.renewTls(tls),
    drain: (deadlineMs = DRAIN_MS) => mx.drain(deadlineMs),
  };
}

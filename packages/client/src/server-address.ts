import type { Socket } from 'node:net';
import { openSocket } from './socket.ts';

/** Where a server listens. */
export type ServerAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Its name in details and logs: `HOST:PORT` or the socket's path. */
export function nameServer(server: ServerAddress): string {
  return server.kind === 'unix' ? server.path : `${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`;
}

/** Begins to connect. */
export function connectTo(server: ServerAddress): Socket {
  return server.kind === 'unix' ? openSocket({ path: server.path }) : openSocket({ host: server.host, port: server.port, noDelay: true });
}

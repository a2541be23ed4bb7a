/** Where an LMTP server listens. */
export type LmtpServer =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** As it is called in details: `HOST:PORT` or the socket's path. */
export function nameServer(server: LmtpServer): string {
  return server.kind === 'unix' ? server.path : `${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`;
}

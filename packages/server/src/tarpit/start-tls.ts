import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { TarpitOptions, TarpitTls } from './options.ts';

/** The certificate of new handshakes. */
export interface Certificate {
  /** An encrypted connection over a raw one that nobody reads any more (RFC 3207). */
  wrap(socket: Socket): TLSSocket;
  renew(tls: TarpitTls): void;
}

/** The certificate, where the tarpit speaks as a mail server and has one. @throws when it cannot be read */
export function readCertificate({ speech }: TarpitOptions): Certificate | undefined {
  if (speech.kind !== 'mail' || speech.tls === undefined) return undefined;
  let secureContext: SecureContext = createSecureContext({ cert: speech.tls.cert, key: speech.tls.key });
  return {
    wrap: (socket) => new TLSSocket(socket, { isServer: true, secureContext }),
    renew: ({ cert, key }) => {
      secureContext = createSecureContext({ cert, key });
    },
  };
}

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { createSecureContexts, type TlsSettings } from '@vratny/server';
import type { TarpitOptions } from './options.ts';

/** The certificates of new handshakes. */
export interface Certificates {
  /** An encrypted connection over a raw one that nobody reads any more (RFC 3207). */
  wrap(socket: Socket): TLSSocket;
  /** @throws when they cannot be used; the old ones stay */
  renew(tls: TlsSettings): void;
}

/** The certificates, where the tarpit speaks as a mail server and has any. @throws when they cannot be used */
export function openCertificates({ speech, hostName }: TarpitOptions): Certificates | undefined {
  if (speech.kind !== 'mail' || speech.tls === undefined) return undefined;
  let contexts = createSecureContexts(speech.tls, hostName);
  return {
    wrap: (socket) =>
      new TLSSocket(socket, {
        isServer: true,
        secureContext: contexts.standard,
        SNICallback: (name, callback) => callback(null, contexts.forName(name)),
      }),
    renew: (tls) => {
      contexts = createSecureContexts(tls, hostName);
    },
  };
}

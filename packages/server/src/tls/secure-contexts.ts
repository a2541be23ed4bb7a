import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { TLS_SESSION_SECONDS } from '../limits.ts';

/** TLS settings of STARTTLS. PEM texts; each certificate stands before its chain. */
export interface TlsSettings {
  /**
   * At least one. Clients that name a host (SNI) get the certificate that covers it; all others get those of the host's
   * own name, one for each kind of key (ECDSA beside RSA), or the first of each kind.
   */
  readonly certificates: readonly { readonly cert: string | Buffer; readonly key: string | Buffer }[];
  /**
   * A list in OpenSSL's form; {@link FORWARD_SECRET_CIPHERS} unless given. A list without a cipher of TLS 1.3 leaves
   * those at their defaults.
   */
  readonly ciphers?: string;
  /**
   * 48 octets that encrypt session tickets. Without them each process has its own, and no other process can resume its
   * sessions.
   */
  readonly ticketKeys?: Buffer;
}

/** All of TLS 1.3; OpenSSL's defaults. */
const TLS13_CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

/**
 * Ciphers with forward secrecy: a key that is stolen later decrypts no earlier session. CBC comes last, for old mail
 * servers.
 */
export const FORWARD_SECRET_CIPHERS = `${TLS13_CIPHERS}:ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!PSK:!SRP`;

/** The contexts of a server's certificates. */
export interface SecureContexts {
  /** For clients that name no host, or one that no certificate covers: most senders verify nothing. */
  readonly standard: SecureContext;
  /** For clients that name this host (RFC 6066 §3); undefined where that is the standard one. Never throws. */
  forName(name: string): SecureContext | undefined;
}

/**
 * Makes the contexts. The standard one has the certificates of the host's own name, or the first ones when none covers
 * it. @throws OpenSSL's error when a certificate, its key or the list of ciphers cannot be used
 */
export function createSecureContexts(settings: TlsSettings, hostName: string): SecureContexts {
  const pairs = settings.certificates.map((pair) => ({ ...pair, certificate: new X509Certificate(pair.cert) }));
  const coveringOf = (name: string) => firstOfEachKind(pairs.filter(({ certificate }) => covers(certificate, name)));
  const own = coveringOf(hostName);
  const standardPairs = own.length > 0 ? own : firstOfEachKind(pairs);
  const standard = createContext(settings, standardPairs);
  const contexts = new Map(pairs.map((pair) => [pair, createContext(settings, [pair])]));
  return {
    standard,
    forName: (name) => {
      const chosen = coveringOf(name);
      if (chosen.length === 0 || chosen.every((pair) => standardPairs.includes(pair))) return undefined;
      // Node uses only one certificate of a context that was chosen by name. Every client accepts RSA; the standard
      // context has both kinds.
      const shown = chosen.find(({ certificate }) => certificate.publicKey.asymmetricKeyType === 'rsa') ?? chosen[0];
      return shown === undefined ? undefined : contexts.get(shown);
    },
  };
}

/** A context holds one certificate for each kind of key. */
function firstOfEachKind<T extends { readonly certificate: X509Certificate }>(pairs: readonly T[]): T[] {
  const kindOf = ({ certificate }: T) => certificate.publicKey.asymmetricKeyType;
  return pairs.filter((pair, at) => pairs.findIndex((other) => kindOf(other) === kindOf(pair)) === at);
}

function covers(certificate: X509Certificate, name: string): boolean {
  // A leading dot would match every name below it.
  return /^[\w-]+(?:\.[\w-]+)*\.?$/u.test(name) && certificate.checkHost(name.replace(/\.$/u, '')) !== undefined;
}

function createContext({ ciphers = FORWARD_SECRET_CIPHERS, ticketKeys }: TlsSettings, pairs: TlsSettings['certificates']): SecureContext {
  return createSecureContext({
    cert: pairs.map(({ cert }) => cert),
    key: pairs.map(({ key }) => key),
    // Node disables TLS 1.3 when a list has none of its ciphers.
    ciphers: /(?:^|:)TLS_/u.test(ciphers) ? ciphers : `${TLS13_CIPHERS}:${ciphers}`,
    honorCipherOrder: true,
    // For clients that ask for DHE.
    dhparam: 'auto',
    // RFC 8996.
    minVersion: 'TLSv1.2',
    // The same in all processes, so that a ticket of one is valid at another.
    sessionIdContext: 'vratny',
    sessionTimeout: TLS_SESSION_SECONDS,
    ...(ticketKeys === undefined ? {} : { ticketKeys }),
  });
}

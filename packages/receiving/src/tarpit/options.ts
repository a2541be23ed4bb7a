import type { Socket } from 'node:net';
import type { Host } from '@vratny/hosts';
import type { Journal } from '@vratny/journal';
import type { TlsSettings } from '@vratny/server';
import type { Offer } from '@vratny/smtp';

/**
 * How the tarpit replies. `delays`: 4xx to every command, EHLO and QUIT included. `mail`: as a mail server to EHLO,
 * HELO, STARTTLS (with a certificate) and QUIT, 4xx to everything else. It offers the same extensions as the other
 * hosts of the site, so that no sender gives a message up because one is missing.
 */
export type TarpitReplies =
  | { readonly kind: 'delays' }
  | { readonly kind: 'mail'; readonly offer: Omit<Offer, 'startTls' | 'messagesMax'>; readonly tls: TlsSettings | undefined };

/** The options of the tarpit. It uses no directory, no DNS and no state. */
export interface TarpitOptions {
  readonly host: Host;
  /** The name in greeting and EHLO. */
  readonly hostName: string;
  readonly replies: TarpitReplies;
  /** Gets the end of each session, and how many connections of an address were refused. */
  readonly journal: Pick<Journal, 'record'>;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
  /**
   * Before each reply, on average; {@link DELAY_MS} when left out, never above {@link DELAY_MAX_MS}; 0 answers at once.
   */
  readonly delayMs?: number;
  /** {@link SESSION_MS} when left out. */
  readonly sessionMs?: number;
  /** {@link COMMANDS_MAX} when left out. */
  readonly commandsMax?: number;
  /** {@link CONNECTIONS_MAX} when left out. */
  readonly connectionsMax?: number;
  /** {@link CONNECTIONS_PER_IP_MAX} when left out. */
  readonly connectionsPerIpMax?: number;
  /** False when the process has no descriptor for this client; always true when left out. */
  readonly hasRoom?: (socket: Socket) => boolean;
  /** True for the addresses of proxies, as on the other hosts. */
  readonly proxies?: (ip: string) => boolean;
  /** {@link PROXY_HEADER_MS} when left out. */
  readonly proxyHeaderMs?: number;
  /** Between 0 and 1, for the jitter; Math.random when left out. */
  readonly random?: () => number;
  /** Calls back every so many milliseconds until the returned function is called; setInterval when left out. */
  readonly every?: (ms: number, run: () => void) => () => void;
}

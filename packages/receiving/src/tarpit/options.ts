import type { Socket } from 'node:net';
import type { Host } from '@vratny/hosts';
import type { Journal } from '@vratny/journal';
import type { TlsSettings } from '@vratny/server';
import type { Offer } from '@vratny/smtp';

/**
 * What the tarpit says. `delays`: 4xx to every command, EHLO and QUIT included. `mail`: EHLO, HELO, STARTTLS (when there is a certificate)
 * and QUIT as a mail server would, 4xx to everything else; it offers what the other hosts of the site offer, so that no sender finds
 * something missing and gives a message up for it.
 */
export type Speech =
  | { readonly kind: 'delays' }
  | { readonly kind: 'mail'; readonly offer: Omit<Offer, 'startTls' | 'messagesMax'>; readonly tls: TlsSettings | undefined };

/** Everything the tarpit is given. It asks no directory, no DNS and no state. */
export interface TarpitOptions {
  readonly host: Host;
  /** The name in greeting and EHLO. */
  readonly hostName: string;
  readonly speech: Speech;
  /** Told when a session ends, and how many connections of an address were not taken. */
  readonly journal: Pick<Journal, 'record'>;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
  /** Before each reply, on average; {@link DELAY_MS} when left out, never above {@link DELAY_MAX_MS}; 0 answers at once. */
  readonly delayMs?: number;
  /** {@link SESSION_MS} when left out. */
  readonly sessionMs?: number;
  /** {@link COMMANDS_MAX} when left out. */
  readonly commandsMax?: number;
  /** {@link CONNECTIONS_MAX} when left out. */
  readonly connectionsMax?: number;
  /** {@link CONNECTIONS_PER_IP_MAX} when left out. */
  readonly connectionsPerIpMax?: number;
  /** False when the process has no room for this client, whatever the limits say; always true when left out. */
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

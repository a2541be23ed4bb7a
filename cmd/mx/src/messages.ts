import type { Flags } from './flags.ts';
import type { TlsHandout } from './tls-keeper.ts';

/** What the primary tells a worker. */
export type ToWorker =
  /** Serve: the flags, and the site file's text as the primary found it valid. */
  | { readonly kind: 'start'; readonly flags: Flags; readonly site: SiteText; readonly tls?: TlsHandout }
  /** Certificates or ticket keys have changed. */
  | { readonly kind: 'tls'; readonly tls: TlsHandout }
  /** A client; its socket comes with the message. */
  | { readonly kind: 'client' }
  | { readonly kind: 'drain' }
  /** Addresses that hold too many connections over all workers. */
  | { readonly kind: 'crowded'; readonly ips: readonly string[] };

/** What a worker tells the primary. */
export type ToPrimary =
  /** It serves. */
  | { readonly kind: 'ready' }
  /** It cannot serve, and another one could not either. */
  | { readonly kind: 'problem'; readonly lines: readonly string[]; readonly exitCode: number }
  /** Its clients by address, whenever that changes. */
  | { readonly kind: 'clients'; readonly counts: readonly (readonly [ip: string, count: number])[] };

/** A site file as it was read. */
export interface SiteText {
  readonly file: string;
  readonly text: string;
}

import type { UsageChange } from '@vratny/directory';
import type { Event } from '@vratny/journal';
import type { Dropped } from '@vratny/journal/history/queue';
import type { DomainName } from '@vratny/smtp';
import type { Flags } from './flags.ts';
import type { TlsHandout } from './tls-keeper.ts';

/** A quantity of something that a host has only so much of, by its key. */
export type Amounts = readonly (readonly [key: string, amount: number])[];

/** A scanner, by the name that its faults have in the journal. */
export type ScannerName = 'antivirus' | 'antispam';

/** Messages that workers of this host died of, by their SHA-256. */
export type Deaths = readonly (readonly [sha256: string, deaths: number])[];

/** What the primary tells a worker. */
export type ToWorker =
  /** Serve: the flags, the site file's text as the primary found it valid, and what is known of messages that workers died of. */
  | {
      readonly kind: 'start';
      readonly flags: Flags;
      readonly site: SiteText;
      readonly deaths: Deaths;
      /** Where the history is sent to, if the site keeps one. */
      readonly historySocket: string;
      readonly tls?: TlsHandout;
    }
  /** Certificates or ticket keys have changed. */
  | { readonly kind: 'tls'; readonly tls: TlsHandout }
  | { readonly kind: 'drain' }
  /** The answers to what it asked, in the order of its asking: what it may have more of, which is 0 or at least what it asked for. */
  | { readonly kind: 'granted'; readonly amounts: Amounts }
  /** All that is known now, in place of what was. */
  | { readonly kind: 'deaths'; readonly deaths: Deaths };

/** What a worker tells the primary. */
export type ToPrimary =
  /** It serves, and its policy asks these scanners. */
  | { readonly kind: 'ready'; readonly scanners: readonly ScannerName[] }
  /** It cannot serve, and another one could not either. */
  | { readonly kind: 'problem'; readonly lines: readonly string[]; readonly exitCode: number }
  /** It lives: its event loop turns. */
  | { readonly kind: 'beat' }
  /** It took something without asking, gives something back, and asks for something; in this order. */
  | { readonly kind: 'shares'; readonly took: Amounts; readonly gave: Amounts; readonly asked: Amounts }
  /** Something failed; the primary writes it down, so that what all workers see is one line. */
  | { readonly kind: 'fault'; readonly fault: Extract<Event, { kind: 'fault' }> }
  /** What it stored, for mailboxes whose octets the directory keeps. */
  | { readonly kind: 'usage'; readonly changes: readonly UsageChange[] }
  /** Mail for this domain came to a host of an earlier policy: somebody should look whether the world still sends here. */
  | { readonly kind: 'look'; readonly domain: DomainName }
  /** What the history will not have: the primary adds it up, since each worker has a queue of its own. */
  | { readonly kind: 'dropped'; readonly dropped: Dropped }
  /** A message that workers had died of was worked on alone, and nothing happened. */
  | { readonly kind: 'cleared'; readonly sha256: string };

/** A site file as it was read. */
export interface SiteText {
  readonly file: string;
  readonly text: string;
}

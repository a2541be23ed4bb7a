import type { Cancellation } from '@vratny/waiting';

/** A list that is asked, and which of its answers count. */
export interface ListZone {
  readonly zone: string;
  /** IPv4 addresses below 127.0.0.0/8. */
  readonly codes: readonly string[];
}

/** A client stands on a list. */
export interface Listing {
  readonly zone: string;
  readonly codes: readonly string[];
  /** What the list says about it, one line of printable ASCII, bounded; empty when it says nothing. */
  readonly text: string;
}

/** What all lists together said. */
export interface DnsblAnswer {
  /** In the order of the configuration. */
  readonly listings: readonly Listing[];
  /** Lists that had no say, and why. */
  readonly skipped: readonly { readonly zone: string; readonly detail: string }[];
}

/** How a list is. */
export interface ListHealth {
  readonly zone: string;
  /** `testing`: no test has ended yet, so it has no say yet. `muted`: it has no say while its test fails. */
  readonly state: 'testing' | 'well' | 'muted';
  /** Why it is muted. */
  readonly detail?: string;
  readonly lastTestAt?: Date;
  /** How long its last test took. */
  readonly latencyMs?: number;
  /** What it said of 127.0.0.2 and of 127.0.0.1 in its last test. */
  readonly lastAnswers?: { readonly listed: string; readonly unlisted: string };
}

/** DNS lists of bad clients (RFC 5782). A list that is not well has no say: it never refuses mail and never delays it. */
export interface Dnsbl {
  /** Asks all lists that are well, together, within one deadline. Never rejects. No promise where the answers of all are kept. */
  ask(ip: string, signal?: Cancellation): DnsblAnswer | Promise<DnsblAnswer>;
  health(): readonly ListHealth[];
  /** Tests every list now. */
  test(): Promise<readonly ListHealth[]>;
  /** Ends the regular tests. */
  close(): void;
}

import type { Content } from '@vratny/message';
import type { Cancellation } from '@vratny/waiting';

/** What a virus scanner said about a message that it has seen to its last octet. */
export type AntivirusAnswer =
  | { readonly kind: 'clean' }
  | {
      readonly kind: 'infected';
      /**
       * The name of what was found: printable US-ASCII, at most 256 characters. `Heuristics.Limits.Exceeded.*` means
       * that the scanner's own budget ended before the message did (nesting, number of files, unpacked size): it is as
       * good as infected.
       */
      readonly signature: string;
    };

/** A virus scanner. */
export interface Antivirus {
  /**
   * Scans a message. Rejects with `ScannerFault` whenever it does not know; an aborted signal ends it at once. Never
   * waits for ever.
   */
  scan(content: Content, signal: Cancellation): Promise<AntivirusAnswer>;
  /**
   * Tries, at start, whether the scanner would do its work: it is there, it knows EICAR, it takes our largest message
   * and looks at its far end. Returns what is wrong and what to change, one line each, for the operator; nothing when
   * all is well. Never rejects.
   */
  check(): Promise<readonly string[]>;
  /** Ends what is under way, which rejects with `ScannerFault`. Idempotent. */
  close(): Promise<void>;
}

/** What is known about the transaction. Addresses are as in SMTP, without angle brackets. */
export interface SpamEnvelope {
  /** The reverse-path; empty for the null sender. */
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly clientIp: string;
  /** The client's name in DNS when it was verified in both directions. */
  readonly clientName?: string;
  /** What it called itself in EHLO or HELO. */
  readonly helo: string;
  /** Our id of the message: it appears in the scanner's log. */
  readonly queueId: string;
  /** The mailbox whose settings apply, when there is exactly one. */
  readonly deliverTo?: string;
  /** Our own SPF result (RFC 7208 §2.6), so that both sides judge by the same one. */
  readonly spf?: string;
}

/** What rspamd would do. It counts besides the score: `reject` and `discard` are refusals, `soft reject` is a delay. */
export type SpamAction = 'no action' | 'greylist' | 'add header' | 'rewrite subject' | 'soft reject' | 'reject' | 'discard' | 'quarantine';

/** A rule that matched. */
export interface SpamSymbol {
  /** Letters, digits and a few signs; at most 128 characters. */
  readonly name: string;
  readonly score: number;
}

/** What a spam scanner said. */
export type AntispamAnswer =
  | {
      readonly kind: 'scored';
      readonly score: number;
      /** The score from which on the scanner itself would refuse. */
      readonly requiredScore: number;
      readonly action: SpamAction;
      /** The weightiest first, bounded. */
      readonly symbols: readonly SpamSymbol[];
    }
  | {
      readonly kind: 'not-scanned';
      /** Why, in words for a header and the log. */
      readonly reason: string;
    };

/** A spam scanner. */
export interface Antispam {
  /**
   * Judges a message. Rejects with `ScannerFault` whenever it does not know; an aborted signal ends it at once. Never
   * waits for ever.
   */
  judge(content: Content, envelope: SpamEnvelope, signal: Cancellation): Promise<AntispamAnswer>;
  /**
   * As {@link Antivirus.check}: it is there, and takes a message of the largest size that we send it. Never rejects.
   */
  check(): Promise<readonly string[]>;
  /** Ends what is under way, which rejects with `ScannerFault`. Idempotent. */
  close(): Promise<void>;
}

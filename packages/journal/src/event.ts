import type { Trace } from './trace.ts';

/** The client and transaction that an event belongs to. */
export interface Occasion {
  /** Of the session; a receipt's id is this and a count. */
  readonly session: string;
  readonly host: string;
  readonly client: string;
  readonly helo?: string;
  readonly sender?: string;
  readonly recipients?: readonly string[];
}

/** The closed union of what can happen. */
export type Event =
  | {
      /** The policy judged, and this is the reply that the client got. */
      readonly kind: 'decision';
      readonly id: string;
      readonly occasion: Occasion;
      readonly trace: Trace;
      readonly reply: string;
    }
  | {
      /** The store's answer to a message; `stored` names the mailboxes that have it since now. */
      readonly kind: 'delivery';
      readonly id: string;
      readonly occasion: Occasion;
      readonly sizeBytes: number;
      readonly sha256: string;
      readonly stored: readonly string[];
      /** Mailboxes that had it since an earlier attempt, by the ledger; left out when there are none. */
      readonly already?: readonly string[];
      readonly failed: readonly { readonly mailbox: string; readonly detail: string }[];
      /** An earlier attempt ended without a word, and the store was told to look first. */
      readonly resumed?: true;
      /** Shared state was away: it was delivered without ledger and lease, and a retry may make a second copy. */
      readonly stateAway?: true;
      readonly ms: number;
      readonly reply: string;
    }
  | { readonly kind: 'protocol'; readonly id: string; readonly occasion: Occasion; readonly verb: string; readonly reply: string }
  | {
      readonly kind: 'session';
      readonly occasion: Occasion;
      readonly what: 'opened' | 'closed' | 'tls' | 'refused';
      readonly detail?: string;
      /** So many more since the last such line. */
      readonly count?: number;
    }
  | {
      readonly kind: 'fault';
      readonly where: string;
      readonly detail: string;
      readonly session?: string;
      /** So many more of the kind since the last such line; this is the last of them. */
      readonly count?: number;
    }
  | {
      readonly kind: 'process';
      readonly what: 'started' | 'listening' | 'draining' | 'stopped' | 'reloaded' | 'worker-lost' | 'list-well' | 'certificate';
      readonly detail?: string;
    };

/** How one check came out, in the order in which they spoke. */
export interface TraceEntry {
  readonly check: string;
  /** `exempt`: an `unless` let it by. `fault`: a fact was not to be had. `unasked`: an earlier objection made its question needless. */
  readonly outcome: 'pass' | 'delay' | 'refuse' | 'exempt' | 'fault' | 'unasked' | 'unknown';
  /** It was only observed: it had no say. */
  readonly observed?: boolean;
  /** What it answered or would have answered. */
  readonly reply?: string;
  /** Why it is a fault, or what the reader should know. */
  readonly detail?: string;
}

/** One fact that was gathered, and how long that took. */
export interface FactEntry {
  readonly fact: string;
  readonly ms: number;
  /** The value in short, or the fault. */
  readonly value: string;
  readonly fault?: boolean;
}

/** Everything that led to a verdict: log line, panel's explanation, input of `mxctl explain`, assertion in tests. */
export interface Trace {
  readonly stage: 'connect' | 'helo' | 'mail' | 'rcpt' | 'message';
  readonly verdict: 'pass' | 'delay' | 'refuse';
  /** The check that decided; undefined when none objected. */
  readonly by?: string;
  readonly checks: readonly TraceEntry[];
  readonly facts: readonly FactEntry[];
}

/** The client and transaction that an event belongs to. */
export interface Occasion {
  /** Of the session. Receipts have nothing of it. */
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
      /** The policy judged, or a bound of the server did (`trace.by` names either), and this is the reply that the client got. */
      readonly kind: 'decision';
      readonly id: string;
      readonly occasion: Occasion;
      readonly trace: Trace;
      readonly reply: string;
      /** Octets of the message that was judged; undefined before it came. */
      readonly sizeBytes?: number;
      /** Facts about the sender were still being found: an event `evidence` of this id brings them. */
      readonly evidenceFollows?: true;
    }
  | {
      /** What was found about the sender of a refusal after its reply. */
      readonly kind: 'evidence';
      readonly id: string;
      readonly facts: readonly FactEntry[];
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
  | {
      /** What is left of a delivery in a brief journal: every mailbox has the message, and its client was told so. */
      readonly kind: 'message';
      readonly id: string;
      readonly client: string;
      readonly helo?: string;
      readonly sender?: string;
      readonly recipients?: readonly string[];
      readonly sizeBytes: number;
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
      readonly what:
        | 'started'
        | 'listening'
        | 'draining'
        | 'stopped'
        | 'reloaded'
        | 'worker-lost'
        | 'list-well'
        | 'certificate'
        | 'copy-loading'
        | 'copy-loaded';
      readonly detail?: string;
    };

/** Where events go. */
export interface Journal {
  /** Never waits and never throws: bounded, and what it has to drop it counts. */
  record(event: Event): void;
  /** Writes what is pending. */
  close(): Promise<void>;
}

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
      /** The store's answer to a message; `stored` names the mailboxes that have it. */
      readonly kind: 'delivery';
      readonly id: string;
      readonly occasion: Occasion;
      readonly sizeBytes: number;
      readonly sha256: string;
      readonly stored: readonly string[];
      readonly failed: readonly { readonly mailbox: string; readonly detail: string }[];
      readonly ms: number;
      readonly reply: string;
    }
  | { readonly kind: 'protocol'; readonly id: string; readonly occasion: Occasion; readonly verb: string; readonly reply: string }
  | {
      readonly kind: 'session';
      readonly occasion: Occasion;
      readonly what: 'opened' | 'closed' | 'tls' | 'refused';
      readonly detail?: string;
    }
  | { readonly kind: 'fault'; readonly where: string; readonly detail: string; readonly session?: string }
  | {
      readonly kind: 'process';
      readonly what: 'started' | 'listening' | 'draining' | 'stopped' | 'reloaded' | 'worker-lost' | 'list-well';
      readonly detail?: string;
    };

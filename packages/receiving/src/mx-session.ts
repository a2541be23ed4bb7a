import type { Delivery } from '@vratny/delivery';
import type { Register } from '@vratny/directory';
import type { ConnectedSession, Envelope, ServerOptions } from '@vratny/server';
import type { Greylist, Lease, Ledger } from '@vratny/state';
import type { UnreadReplies } from './ledger/unread-replies.ts';

/** The options of an MX host. Nothing below reads the site file. */
export interface MxServerOptions extends Omit<ServerOptions, 'service'> {
  readonly delivery: Delivery;
  /** Records stored and counted octets. */
  readonly usage: Pick<Register, 'addUsage' | 'setUsage'>;
  /** Undefined on hosts without greylisting. */
  readonly greylist?: Pick<Greylist, 'extend'>;
  /** Which mailboxes have a message, and which attempt at it runs; shared by all hosts of the site. */
  readonly ledger: Pick<Ledger, 'read' | 'add' | 'drop'>;
  readonly lease: Pick<Lease, 'begin' | 'finish' | 'release'>;
  /** How long a message waits for another attempt at it, in milliseconds; 3,000 unless given. */
  readonly busyWaitMs?: number;
}

/** A session of an MX host. */
export interface MxSession {
  readonly id: string;
  readonly session: ConnectedSession;
  readonly options: MxServerOptions;
  /** 250 replies that the client may not have read. */
  readonly unread: UnreadReplies;
}

/** A transaction of an MX host. */
export interface MxTransaction {
  readonly session: MxSession;
  readonly envelope: Envelope;
  /**
   * Addresses of recipients that were refused with 5xx: what earlier attempts left open for them is settled by that.
   */
  readonly refused: readonly string[];
  /** Extends the greylist entry of the sender, once for a transaction. */
  extendGreylist(): void;
}

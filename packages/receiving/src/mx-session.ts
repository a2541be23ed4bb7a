import type { Delivery } from '@vratny/delivery';
import type { Register } from '@vratny/directory';
import type { ConnectedSession, Envelope, ServerOptions } from '@vratny/server';
import type { Greylist, Lease, Ledger } from '@vratny/state';
import type { UnreadReplies } from './ledger/unread-replies.ts';

/** Everything an MX host is given; nothing below knows a site file. */
export interface MxServerOptions extends Omit<ServerOptions, 'service'> {
  readonly delivery: Delivery;
  /** Told what was stored and counted. */
  readonly usage: Pick<Register, 'addUsage' | 'setUsage'>;
  /** On hosts that greylist. */
  readonly greylist?: Pick<Greylist, 'extend'>;
  /** Who has a message already, and which attempt at it runs: shared by all hosts of the site. */
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
  /** 250s that the client may not have read. */
  readonly unread: UnreadReplies;
}

/** A transaction of an MX host. */
export interface MxTransaction {
  readonly session: MxSession;
  readonly envelope: Envelope;
  /** Recipients that were refused for good, by their address: if earlier attempts left something open for them, they have been told now. */
  readonly refused: readonly string[];
  /** Extends the time of a sender that has waited on the greylist, once for a transaction. */
  extendGreylist(): void;
}

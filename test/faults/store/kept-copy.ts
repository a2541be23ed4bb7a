import type { StoredCopy } from '../ledger/compare.ts';

/** What a store that writes everything down saw of one handing over. Times in milliseconds since 1970. */
export interface HandOver {
  /** The last reply to it was written. Undefined: not all were. */
  readonly endedAt?: number | undefined;
  /** The connection ended, and nothing had come from the node since the last reply: whether it read that one is not known. */
  readonly brokenAt?: number | undefined;
}

/** A copy that a scripted store has, for ever. */
export interface KeptCopy extends StoredCopy {
  /** Undefined for a message of somebody else. */
  readonly token: string | undefined;
  /** When the store had it. */
  readonly at: number;
  /** When its own 250 was written out to its last octet; undefined: never. */
  readonly toldAt: number | undefined;
  readonly handOver: HandOver;
}

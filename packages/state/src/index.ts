/** Shared state: greylisting, counters, the ledger of deliveries with its lease, heartbeats. */

export { DEADLINE_MS, KEY_MAX, LEASE_REMEMBERED_MS, LEDGER_MAILBOXES_MAX, NODE_KEPT_MS } from './limits.ts';
export type {
  Beginning,
  Contact,
  Counters,
  Greylist,
  GreylistEntry,
  GreylistTimes,
  Heartbeats,
  Lease,
  Ledger,
  NodeBeat,
  NodeInfo,
  State,
} from './port.ts';
export { StateFault } from './port.ts';

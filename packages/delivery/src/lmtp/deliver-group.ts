import { type Cancellation, withGrace } from '@vratny/waiting';
import type { Outcome } from '../port.ts';
import { LmtpFault, sayFault } from './fault.ts';
import { SPOOL_GRACE_MS } from './limits.ts';
import type { Pool } from './pool.ts';
import { type Errand, runTransaction } from './transaction.ts';
import { tryServers } from './try-servers.ts';

/** Delivers to the recipients of one transaction, at the first server that takes part. Outcomes in the group's order; never rejects. */
export async function deliverGroup(pools: readonly Pool[], errand: Errand): Promise<readonly Outcome[]> {
  const { signal } = errand.consignment;
  const trying = tryServers(pools, signal, (loan) => runTransaction(loan, errand));
  try {
    return await orLate(trying, signal, errand.deadlines.endingGraceMs + SPOOL_GRACE_MS);
  } catch (error) {
    const detail = `lmtp: ${error instanceof LmtpFault && signal.aborted ? 'delivery was ended' : sayFault(error)}`;
    return errand.group.copies.map(() => ({ kind: 'delayed', detail }));
  }
}

/**
 * Rejects when the promise has not settled so long after the end of the delivery. Everything that has to do with a server has by then; only a spool
 * on a disk that hangs has not, and of that nothing was or ever will be handed over.
 */
function orLate<T>(promise: Promise<T>, signal: Cancellation, graceMs: number): Promise<T> {
  return withGrace(promise, signal, graceMs, () => {
    throw new LmtpFault('ended', 'the spool did not answer');
  });
}

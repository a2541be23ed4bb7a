import type { Outcome } from '../port.ts';
import { describeError, LmtpFault } from './fault.ts';
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
    const detail = `lmtp: ${error instanceof LmtpFault && signal.aborted ? 'delivery was ended' : describeError(error)}`;
    return errand.group.copies.map(() => ({ kind: 'delayed', detail }));
  }
}

/**
 * Rejects when the promise has not settled so long after the end of the delivery. Everything that has to do with a server has by then; only a spool
 * on a disk that hangs has not, and of that nothing was or ever will be handed over.
 */
async function orLate<T>(promise: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  const late = Promise.withResolvers<T>();
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => late.reject(new LmtpFault('ended', 'the spool did not answer')), graceMs);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', start);
  }
}

import type { Cancellation } from '@vratny/waiting';
import { LmtpFault, sayFault } from './fault.ts';
import type { Loan, Pool } from './pool.ts';

/**
 * Does `work` on a connection to the first server that is not suspect, else to the next one, and so on; servers that failed a moment ago come
 * last. A connection that had been lying unused may have been closed by the server meanwhile: then the same server gets a second try on a
 * fresh one. Rejects with the last {@link LmtpFault}, naming all; at once when the fault is ours (`ended`).
 */
export async function tryServers<Result>(
  pools: readonly Pool[],
  signal: Cancellation,
  work: (loan: Loan) => Promise<Result>,
): Promise<Result> {
  const failures: string[] = [];
  for (const pool of [...pools.filter((one) => !one.suspect), ...pools.filter((one) => one.suspect)]) {
    for (const fresh of [false, true]) {
      let reused = false;
      try {
        const loan = await pool.borrow(signal, fresh);
        reused = loan.reused;
        try {
          return await work(loan);
        } finally {
          loan.release();
        }
      } catch (error) {
        if (signal.aborted || !(error instanceof LmtpFault) || error.kind === 'ended') throw error;
        failures.push(sayFault(error));
      }
      if (!reused || fresh) {
        pool.blame();
        break;
      }
    }
  }
  throw new LmtpFault('lost', [...new Set(failures)].join('; ') || 'no server is configured');
}

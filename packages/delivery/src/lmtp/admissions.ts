import { onAbort, startDeadline, until } from '@vratny/waiting';
import type { Admission, Delivery } from '../port.ts';
import { type Answer, askServer } from './ask-server.ts';
import { sayFault } from './fault.ts';
import { createKeptAnswers } from './kept-answers.ts';
import type { Deadlines } from './limits.ts';
import type { Pool } from './pool.ts';
import { tryServers } from './try-servers.ts';

/** Questions about mailboxes, answered by the store. */
export interface Admissions extends Pick<Delivery, 'admits'> {
  /** A delivery showed that what is remembered of a mailbox does not hold. */
  forget(address: string): void;
}

/** What asking needs to know. */
export interface AdmissionsOptions {
  readonly pools: readonly Pool[];
  readonly utf8: boolean;
  readonly deadlines: Deadlines;
  readonly now: () => Date;
}

/** Creates them. Equal questions at the same time are asked once, on one connection, whoever of the askers goes away meanwhile. */
export function createAdmissions({ pools, utf8, deadlines, now }: AdmissionsOptions): Admissions {
  const kept = createKeptAnswers(now);
  const running = new Map<string, Promise<Admission>>();

  async function ask(address: string, sizeBytes: number): Promise<Admission> {
    using ending = startDeadline(deadlines.askMs);
    try {
      const answer: Answer = await tryServers(pools, ending.signal, (loan) => {
        const stopListening = onAbort(ending.signal, () => loan.connection.destroy());
        return askServer(loan, { address, sizeBytes, utf8, deadlines }).finally(stopListening);
      });
      kept.keep(address, sizeBytes, answer);
      return answer.admission;
    } catch (error) {
      const detail = ending.signal.aborted ? `the store did not answer within ${deadlines.askMs / 1_000} s` : sayFault(error);
      return { kind: 'fault', detail: `lmtp: asking about ${address}: ${detail}` };
    }
  }
  function askOnce(address: string, sizeBytes: number): Promise<Admission> {
    const key = `${sizeBytes} ${address}`;
    const found = running.get(key);
    if (found !== undefined) return found;
    const asking = ask(address, sizeBytes).finally(() => running.delete(key));
    running.set(key, asking);
    return asking;
  }
  return {
    forget: (address) => kept.forget(address),
    admits({ address }, sizeBytes, signal) {
      const ended: Admission = { kind: 'fault', detail: `lmtp: asking about ${address}: ended before an answer` };
      if (signal.aborted) return ended;
      return kept.find(address, sizeBytes) ?? until(askOnce(address, sizeBytes), signal, () => ended);
    },
  };
}

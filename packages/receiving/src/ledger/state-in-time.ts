import { describeError } from '@vratny/text';
import { withDeadline } from '@vratny/waiting';
import { STATE_MS } from '../limits.ts';
import type { MxServerOptions } from '../mx-session.ts';

/** The session that asks, with the journal for its faults. */
interface StateCaller {
  readonly id: string;
  readonly options: Pick<MxServerOptions, 'journal'>;
}

/** The answer of shared state, if it came in time. */
export type StateAnswer<T> = { readonly known: true; readonly value: T } | { readonly known: false };

/**
 * Waits for shared state, at most {@link STATE_MS}. A fault or timeout is journalled, and the answer is not known.
 * Never rejects.
 */
export function stateInTime<T>(session: StateCaller, asked: Promise<T>): Promise<StateAnswer<T>> {
  return withDeadline(asked, STATE_MS).then(
    (value) => ({ known: true, value }),
    (error: unknown) => {
      const detail = describeError(error);
      session.options.journal.record({ kind: 'fault', where: 'state', detail, session: session.id });
      return { known: false };
    },
  );
}

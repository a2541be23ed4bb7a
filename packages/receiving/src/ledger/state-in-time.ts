import { describeError } from '@vratny/text';
import { withDeadline } from '@vratny/waiting';
import { STATE_MS } from '../limits.ts';
import type { MxServerOptions } from '../mx-session.ts';

/** Whose question it is, and where its failure is written down. */
interface Asking {
  readonly id: string;
  readonly options: Pick<MxServerOptions, 'journal'>;
}

/** What shared state said, if it said it in time. */
export type Told<T> = { readonly known: true; readonly value: T } | { readonly known: false };

/** Waits for shared state, at most {@link STATE_MS}. A fault or silence is written down once and is not known. Never rejects. */
export function stateInTime<T>(session: Asking, asked: Promise<T>): Promise<Told<T>> {
  return withDeadline(asked, STATE_MS).then(
    (value) => ({ known: true, value }),
    (error: unknown) => {
      const detail = describeError(error);
      session.options.journal.record({ kind: 'fault', where: 'state', detail, session: session.id });
      return { known: false };
    },
  );
}

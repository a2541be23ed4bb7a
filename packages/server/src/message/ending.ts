import { type Cancellation, onAbort, startDeadline } from '@vratny/waiting';
import { AFTER_DOT_MS } from '../limits.ts';
import type { Session } from '../session.ts';
import { turnOfEventLoop } from '../turn.ts';

/** When the work after the final dot ends: with the answer, when the budget of time is over, or when the connection is lost. */
export interface Ending {
  readonly signal: Cancellation;
  /**
   * Whether a store may take the step that cannot be taken back: the connection was not lost and time is not over. From the first yes on its
   * loss ends nothing: the store has the message or will have it, and its answer goes into the ledger for the retry.
   */
  confirm(): Promise<boolean>;
  /** The answer is known. */
  close(): void;
}

/** Of one message. */
export function createEnding({ gone }: Pick<Session, 'gone'>): Ending {
  const over = startDeadline(AFTER_DOT_MS);
  let confirmed = false;
  const left = () => {
    if (!confirmed) over.end();
  };
  const stopListening = onAbort(gone, left);
  return {
    signal: over.signal,
    async confirm() {
      // A reset may lie in the kernel's hands already.
      await turnOfEventLoop();
      if (gone.aborted || over.signal.aborted) return false;
      confirmed = true;
      return true;
    },
    close() {
      stopListening();
      over.end();
      over[Symbol.dispose]();
    },
  };
}

/** The steps of a message between DATA and its reply. */
export type MessageStage = 'receiving' | 'judging' | 'delivering';

/**
 * Records which messages a process works on, so that another process can read it after this one was killed or hangs.
 * Each call comes before the work begins; it must be cheap and never throw.
 */
export interface Activity {
  /** DATA was answered with 354. */
  begin(session: string): MessageActivity;
}

/** One message's entry. */
export interface MessageActivity {
  /** The message is complete and its digest is known. */
  reach(stage: Exclude<MessageStage, 'receiving'>, message: { readonly sha256: string; readonly sizeBytes: number }): void;
  /** The work on it is over. */
  end(): void;
}

/** Messages during whose processing a process ended (suspects). */
export interface Suspects {
  /**
   * How many processes ended while they worked on the message with this SHA-256; 0 for nearly all. Never rejects;
   * bounds its own wait.
   */
  deaths(sha256: string): number | Promise<number>;
  /** A suspect was processed alone, and this process did not end. */
  cleared(sha256: string): void;
}

/** Records nothing. */
export const NO_ACTIVITY: Activity = { begin: () => ({ reach: () => undefined, end: () => undefined }) };

/** What a message goes through from DATA to its reply. */
export type MessageStage = 'receiving' | 'judging' | 'delivering';

/**
 * Where a process writes down which messages it works on, so that another process can read it when this one was killed or hangs. Written before the
 * work begins; must cost next to nothing and never throws.
 */
export interface Activity {
  /** DATA was answered with 354. */
  begin(session: string): MessageActivity;
}

/** One message's entry. */
export interface MessageActivity {
  /** It is known by now what the message is. */
  reach(stage: Exclude<MessageStage, 'receiving'>, message: { readonly sha256: string; readonly sizeBytes: number }): void;
  /** The work on it is over. */
  end(): void;
}

/** Messages that processes died of. */
export interface Suspects {
  /** How many processes died of the message with this SHA-256; 0 for all but a few. Never rejects; bounds its own wait. */
  deaths(sha256: string): number | Promise<number>;
  /** A suspect was worked on alone, and this process lives. */
  cleared(sha256: string): void;
}

/** Where nothing is written down. */
export const NO_ACTIVITY: Activity = { begin: () => ({ reach: () => undefined, end: () => undefined }) };

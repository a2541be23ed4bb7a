/** What the store says of one copy, and thereby whether it has it: `takes` 250, `delays` 451 4.2.0, `full` 552 5.2.2. */
export type Answer = 'takes' | 'delays' | 'full';

/** What a scripted store does with one message after its final dot. What is left out is as any store does it: everybody 250, at once. */
export interface Treatment {
  /** By the recipient's place; who has none is taken. */
  readonly answers?: readonly Answer[];
  /** Waited for before the first reply; the store has the message all the while. */
  readonly before?: () => Promise<void>;
  /** So many of the replies are said, then comes `afterwards`; undefined is all of them. */
  readonly says?: number;
  /** After the last reply that is said: it goes on, closes the connection, or keeps silent for ever. */
  readonly afterwards?: 'close' | 'silence';
  /** Milliseconds before each octet of a reply. */
  readonly octetEveryMs?: number;
}

/** A message that was handed over completely. */
export interface HandedOver {
  /** Undefined for a message of somebody else. */
  readonly token: string | undefined;
  readonly recipients: readonly string[];
  /** From 1: how often this token was handed over. */
  readonly nth: number;
}

/** Decides about each message. */
export type Script = (message: HandedOver) => Treatment;

const REPLIES: Readonly<Record<Answer, string>> = { takes: '250 2.0.0', delays: '451 4.2.0', full: '552 5.2.2' };
const TEXTS: Readonly<Record<Answer, string>> = { takes: 'saved', delays: 'not now', full: 'mailbox is full' };

/** The reply line, as LMTP wants one for each recipient (RFC 2033 §4.2). */
export function replyFor(answer: Answer, mailbox: string): string {
  return `${REPLIES[answer]} <${mailbox}> ${TEXTS[answer]}\r\n`;
}

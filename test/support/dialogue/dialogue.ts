/** One line of a dialogue file, as a value. `line` counts from 1. */
export type Step =
  /** Bytes that the client writes. Neighbouring ones go out in one write: that is pipelining. */
  | { readonly kind: 'send'; readonly line: number; readonly text: string; readonly bytes: Uint8Array }
  /** A line that the server must write; `many` takes any number of such lines. */
  | { readonly kind: 'expect'; readonly line: number; readonly text: string; readonly many: boolean }
  /** A further connection; the one before is given up. */
  | { readonly kind: 'connect'; readonly line: number }
  /** The client starts TLS. */
  | { readonly kind: 'tls'; readonly line: number }
  /** The client closes its side. */
  | { readonly kind: 'close'; readonly line: number }
  /** The server must have closed. */
  | { readonly kind: 'closed'; readonly line: number }
  /** A message that came since the dialogue began must lie in this mailbox and hold such a line. */
  | { readonly kind: 'stored'; readonly line: number; readonly mailbox: string; readonly text: string }
  /** Nothing may have come into this mailbox since the dialogue began. */
  | { readonly kind: 'nothing-stored'; readonly line: number; readonly mailbox: string };

/** A protocol story. */
export interface Dialogue {
  /** The first line of its header: what it shows. */
  readonly title: string;
  readonly steps: readonly Step[];
}

/** A dialogue file that cannot be read; the message names file and line. */
export class DialogueError extends Error {
  override readonly name = 'DialogueError';
}

import type { Socket } from 'node:net';

/** One client. There may be twenty thousand, so it holds no chunk, no timer and no text of its own. */
export interface Visitor {
  /** The raw socket, or the encrypted one over it. */
  socket: Socket;
  readonly ip: string;
  readonly since: number;
  /** The beginning of the line that has not ended. */
  head: string;
  /** What waits for an answer, in order: G, the greeting, or the letter of a command (`VerbLetter`). */
  waiting: string;
  /** When the first of them is answered; monotonic milliseconds. */
  answerAt: number;
  /** When the session, or the wait for the client's goodbye, ends. */
  endsAt: number;
  commands: number;
  octets: number;
  secure: boolean;
  /** It was told to go: nothing more is read or answered. */
  leaving: boolean;
}

/** A client that has just connected and waits for its greeting. */
export function meet(socket: Socket, now: number, sessionMs: number): Visitor {
  return {
    socket,
    ip: socket.remoteAddress ?? '',
    since: now,
    head: '',
    waiting: 'G',
    answerAt: now,
    endsAt: now + sessionMs,
    commands: 0,
    octets: 0,
    secure: false,
    leaving: false,
  };
}

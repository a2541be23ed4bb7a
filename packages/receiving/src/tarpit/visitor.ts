import type { Socket } from 'node:net';
import type { ProxiedClient } from '@vratny/server';

/** One client. There may be twenty thousand, so it holds no chunk, no timer and no text of its own. */
export interface Visitor {
  /** The raw socket, or the encrypted one over it. */
  socket: Socket;
  readonly ip: string;
  readonly since: number;
  /** A proxy's health check: it is answered, and not counted. */
  readonly healthCheck: boolean;
  /** The beginning of the line that has not ended. */
  head: string;
  /** The first octets, as many as tell whether they are a PROXY header; as latin1. */
  beginning: string;
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
export function meet(socket: Socket, now: number, sessionMs: number, proxied?: ProxiedClient): Visitor {
  return {
    socket,
    ip: proxied?.ip ?? socket.remoteAddress ?? '',
    healthCheck: proxied?.local ?? false,
    since: now,
    head: '',
    beginning: '',
    waiting: 'G',
    answerAt: now,
    endsAt: now + sessionMs,
    commands: 0,
    octets: 0,
    secure: false,
    leaving: false,
  };
}

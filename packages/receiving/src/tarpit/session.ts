import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { HEADER_START_BYTES, headerRefused, MESSAGES_MAX, type ProxiedClient, startsWithHeader } from '@vratny/server';
import { type Delay, EXTENSIONS, encodeLines, encodeReply, type Offer, type Success } from '@vratny/smtp';
import { COMMANDS_MAX, DELAY_MAX_MS, DELAY_MS, HEAD_MAX, JITTER, LINGER_MS, OCTETS_MAX, SESSION_MS } from './limits.ts';
import type { TarpitOptions } from './options.ts';

/** The reply to every command. RFC 3463 §3.4: X.3.2, the system accepts no messages now. */
const TRY_LATER: Delay = '451 4.3.2 this host takes no mail now, please try again later, beginning with the most preferred host';

/** The reply to QUIT and to the last command of a session. RFC 5321 §3.8: a server that sends 421 closes. */
const NOTHING_TAKEN: Delay = '421 4.3.2 nothing was taken, please try again later, beginning with the most preferred host';

/** The reply to a client whose session has lasted too long. */
const SESSION_TOO_LONG: Delay = '421 4.3.2 this session has lasted long enough, please try again later';

/** The reply to QUIT when the tarpit replies as a mail server. */
const QUIT_REPLY = '221 2.0.0 goodbye' satisfies Success;

/** STARTTLS (RFC 3207 §4). */
const START_TLS: Success = '220 2.0.0 go ahead with TLS';

/** What the sessions of one tarpit share. Sockets are opened and timers run elsewhere. */
export interface TarpitContext {
  readonly options: TarpitOptions;
  /** Starts TLS on the connection of a session; undefined where STARTTLS is not offered. */
  readonly secure: ((session: TarpitSession) => void) | undefined;
  /** Counts that a client of this address was refused, and why. */
  readonly countRefusal: (ip: string, why: string) => void;
}

/**
 * The session of one client. There may be twenty thousand, so it keeps no chunk, no timer and no text of its own: only
 * one letter for each command that was not answered yet.
 */
export class TarpitSession {
  /** The raw socket, or the TLS socket over it. */
  socket: Socket;
  readonly ip: string;
  /** Monotonic milliseconds. */
  readonly since: number;
  /** The health check of a proxy: it is answered, and not counted. */
  readonly healthCheck: boolean;
  readonly #context: TarpitContext;
  /** The beginning of a line whose end has not been received. */
  #partialLine = '';
  /** The first octets as latin1, as many as are needed to recognise a PROXY header. */
  #firstOctets = '';
  /** What is to be answered, in order: G, the greeting, or the letter of a command (`VerbLetter`). */
  #unanswered = 'G';
  /** When the first of them is answered; monotonic milliseconds. */
  #replyAt: number;
  /** When the session, or the wait for the client to close its side, ends. */
  #endsAt: number;
  #commands = 0;
  #octets = 0;
  #secure = false;
  #closing = false;

  /** Of a client that has just connected and waits for its greeting. */
  constructor(context: TarpitContext, socket: Socket, proxied?: ProxiedClient) {
    const { monotonicMs, sessionMs = SESSION_MS } = context.options;
    this.#context = context;
    this.socket = socket;
    this.ip = proxied?.ip ?? socket.remoteAddress ?? '';
    this.healthCheck = proxied?.local ?? false;
    this.since = monotonicMs();
    this.#replyAt = this.since;
    this.#endsAt = this.since + sessionMs;
  }

  /** Commands that were answered. */
  get commands(): number {
    return this.#commands;
  }

  /** The last reply was sent: nothing more is read or answered. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Takes octets of the client. */
  receive(chunk: Buffer): void {
    if (this.#closing) return;
    if (this.#startsWithProxyHeader(chunk)) {
      this.#context.countRefusal(this.ip, headerRefused(this.ip));
      this.close(headerRefused(this.ip));
      return;
    }
    this.#octets += chunk.length;
    if (this.#octets > OCTETS_MAX) {
      this.close(NOTHING_TAKEN);
      return;
    }
    // Commands that are pipelined after STARTTLS are ignored (RFC 3207 §4.2).
    if (this.#canSecure && this.#unanswered.includes('S')) return;
    const { commandsMax = COMMANDS_MAX } = this.#context.options;
    const room = commandsMax - this.#commands - this.#unanswered.replace('G', '').length;
    const { verbs, head } = readVerbs(this.#partialLine, chunk, room, this.#canSecure);
    const idle = this.#unanswered === '';
    this.#partialLine = head;
    this.#unanswered += verbs;
    if (idle && verbs !== '') this.scheduleReply();
  }

  /** True for a client that sends a PROXY header and is no proxy; the header of a proxy was read before. */
  #startsWithProxyHeader(chunk: Buffer): boolean {
    const missing = HEADER_START_BYTES - this.#firstOctets.length;
    if (missing === 0) return false;
    this.#firstOctets += chunk.toString('latin1', 0, missing);
    return startsWithHeader(Buffer.from(this.#firstOctets, 'latin1'));
  }

  /** Sets the time of the next reply; without a delay it is sent at once. */
  scheduleReply(): void {
    const { monotonicMs, random = Math.random, delayMs = DELAY_MS } = this.#context.options;
    const meanMs = Math.min(delayMs, DELAY_MAX_MS);
    this.#replyAt = monotonicMs() + meanMs * (1 + JITTER * (2 * random() - 1));
    while (meanMs === 0 && this.#unanswered !== '') this.#sendNextReply();
  }

  /** Sends a reply whose time has come, and ends a session that has lasted too long. Called every {@link TICK_MS}. */
  checkTimers(): void {
    const now = this.#context.options.monotonicMs();
    if (now >= this.#endsAt) {
      if (this.#closing) this.socket.destroy();
      else this.close(SESSION_TOO_LONG);
    } else if (this.#unanswered !== '' && now >= this.#replyAt) {
      this.#sendNextReply();
      if (this.#unanswered !== '') this.scheduleReply();
    }
  }

  /** Sends the last reply and closes our side. Further calls do nothing. */
  close(reply: Delay | typeof QUIT_REPLY): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#unanswered = '';
    this.#partialLine = '';
    this.#endsAt = this.#context.options.monotonicMs() + LINGER_MS;
    // During a TLS handshake no reply can be sent.
    if (this.#secure && !(this.socket instanceof TLSSocket)) this.socket.end();
    else this.socket.end(encodeReply(reply));
  }

  #sendNextReply(): void {
    const { options } = this.#context;
    const letter = this.#unanswered.charAt(0);
    this.#unanswered = this.#unanswered.slice(1);
    if (letter === 'G') {
      this.socket.write(greeting(options));
      return;
    }
    this.#commands += 1;
    if (letter === 'Q') this.close(options.replies.kind === 'mail' ? QUIT_REPLY : NOTHING_TAKEN);
    else if (this.#commands >= (options.commandsMax ?? COMMANDS_MAX)) this.close(NOTHING_TAKEN);
    else if (letter === 'S' && this.#canSecure) this.#startTls();
    else this.socket.write(this.#replyTo(letter));
  }

  #replyTo(letter: string): string {
    const { options } = this.#context;
    const { replies } = options;
    if (replies.kind === 'mail' && letter === 'H') return heloReply(options);
    if (replies.kind === 'mail' && letter === 'E') {
      return ehloReply(options, { ...replies.offer, messagesMax: MESSAGES_MAX, startTls: this.#canSecure });
    }
    return encodeReply(TRY_LATER);
  }

  #startTls(): void {
    this.socket.write(encodeReply(START_TLS));
    this.#unanswered = '';
    this.#partialLine = '';
    this.#secure = true;
    this.#context.secure?.(this);
  }

  get #canSecure(): boolean {
    return this.#context.secure !== undefined && !this.#secure;
  }
}

/** The greeting (RFC 5321 §4.3.1). */
function greeting(options: TarpitOptions): string {
  return encodeReply(`220 ${options.hostName} ESMTP Vratny`);
}

/** The reply to HELO when the tarpit replies as a mail server (RFC 5321 §4.1.1.1). */
function heloReply(options: TarpitOptions): string {
  return encodeReply(`250 ${options.hostName}`);
}

/** The reply to EHLO when the tarpit replies as a mail server (RFC 5321 §4.1.1.1). */
function ehloReply(options: TarpitOptions, offer: Offer): string {
  // With CHUNKING a client would send its message at once, and each line of it would be read as a command.
  const offered = EXTENSIONS.filter(({ keyword }) => keyword !== 'CHUNKING');
  const keywords = offered.map((extension) => extension.advertise(offer)).filter((line) => line !== undefined);
  return encodeLines(250, [options.hostName, ...keywords]);
}

/** One letter for each command: EHLO, HELO, STARTTLS, QUIT, any other. */
type VerbLetter = 'E' | 'H' | 'S' | 'Q' | 'X';

/** The commands in a chunk. */
interface VerbReading {
  /** A letter for each line that ended in the chunk. */
  readonly verbs: string;
  /** The beginning of the last line, which has not ended, at most {@link HEAD_MAX} characters. */
  readonly head: string;
}

const LF = 0x0a;
const LETTERS: ReadonlyMap<string, VerbLetter> = new Map([
  ['EHLO', 'E'],
  ['HELO', 'H'],
  ['STARTTLS', 'S'],
  ['QUIT', 'Q'],
]);

/**
 * Finds the commands in a chunk. Lines may end at bare LF: a tarpit forwards nothing, so nothing can be smuggled. Stops
 * after `max` commands, and after a STARTTLS that will be followed, because commands that are pipelined after it are
 * ignored (RFC 3207 §4.2).
 */
export function readVerbs(head: string, chunk: Buffer, max: number, stopAtTls: boolean): VerbReading {
  let verbs = '';
  let beginning = head;
  let start = 0;
  while (verbs.length < max) {
    const end = chunk.indexOf(LF, start);
    const stop = end < 0 ? chunk.length : end;
    beginning += chunk.toString('latin1', start, Math.min(stop, start + HEAD_MAX - beginning.length));
    if (end < 0) return { verbs, head: beginning };
    const letter = letterOf(beginning);
    verbs += letter;
    if (letter === 'S' && stopAtTls) break;
    beginning = '';
    start = end + 1;
  }
  return { verbs, head: '' };
}

function letterOf(line: string): VerbLetter {
  const verb = /^[A-Za-z]+(?=[ \r]|$)/u.exec(line)?.[0] ?? '';
  return LETTERS.get(verb.toUpperCase()) ?? 'X';
}

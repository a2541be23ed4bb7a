import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { HEADER_START_BYTES, headerRefused, MESSAGES_MAX, type ProxiedClient, startsWithHeader } from '@vratny/server';
import { type Delay, EXTENSIONS, encodeLines, encodeReply, type Offer, type Success } from '@vratny/smtp';
import { COMMANDS_MAX, DELAY_MAX_MS, DELAY_MS, HEAD_MAX, JITTER, LINGER_MS, OCTETS_MAX } from './limits.ts';
import type { TarpitOptions } from './options.ts';

/** What every command gets. RFC 3463 §3.4: X.3.2, the system takes no messages now. */
const LATER: Delay = '451 4.3.2 this host takes no mail now, please try again later, beginning with the most preferred host';

/** QUIT, and the last command of a session. RFC 5321 §3.8: who says 421 closes. */
const GO: Delay = '421 4.3.2 nothing was taken, please try again later, beginning with the most preferred host';

/** A session that has lasted long enough. */
const ENOUGH: Delay = '421 4.3.2 this session has lasted long enough, please try again later';

/** QUIT, where the tarpit speaks as a mail server. */
const GOODBYE = '221 2.0.0 goodbye' satisfies Success;

/** STARTTLS (RFC 3207 §4). */
const START_TLS: Success = '220 2.0.0 go ahead with TLS';

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

/** What the conversations of one tarpit have in common. What is said to a visitor is here; sockets are opened and timers run elsewhere. */
export interface Manner {
  readonly options: TarpitOptions;
  /** Makes a visitor's connection an encrypted one; undefined where STARTTLS cannot be followed. */
  readonly secure: ((visitor: Visitor) => void) | undefined;
  /** Counts that a client of this address was refused, and why. */
  readonly noteRefusal: (ip: string, why: string) => void;
}

/** Bytes have come. Nothing of them is kept but a letter for each command. */
export function hear(manner: Manner, visitor: Visitor, chunk: Buffer): void {
  if (visitor.leaving) return;
  if (claimsToBeRelayed(visitor, chunk)) {
    manner.noteRefusal(visitor.ip, headerRefused(visitor.ip));
    dismiss(manner, visitor, headerRefused(visitor.ip));
    return;
  }
  visitor.octets += chunk.length;
  if (visitor.octets > OCTETS_MAX) {
    dismiss(manner, visitor, GO);
    return;
  }
  const followsTls = canSecure(manner, visitor);
  // What comes behind a STARTTLS that is to be followed is not to be believed (RFC 3207 §4.2).
  if (followsTls && visitor.waiting.includes('S')) return;
  const { commandsMax = COMMANDS_MAX } = manner.options;
  const room = commandsMax - visitor.commands - visitor.waiting.replace('G', '').length;
  const { verbs, head } = readVerbs(visitor.head, chunk, room, followsTls);
  const idle = visitor.waiting === '';
  visitor.head = head;
  visitor.waiting += verbs;
  if (idle && verbs !== '') schedule(manner, visitor);
}

/** It begins with a PROXY header and is no proxy; what a proxy says was read before. */
function claimsToBeRelayed(visitor: Visitor, chunk: Buffer): boolean {
  const missing = HEADER_START_BYTES - visitor.beginning.length;
  if (missing === 0) return false;
  visitor.beginning += chunk.toString('latin1', 0, missing);
  return startsWithHeader(Buffer.from(visitor.beginning, 'latin1'));
}

/** Something waits for an answer: says when it gets it, and gives it at once where there is no delay. */
export function schedule(manner: Manner, visitor: Visitor): void {
  const { monotonicMs, random = Math.random, delayMs = DELAY_MS } = manner.options;
  const meanMs = Math.min(delayMs, DELAY_MAX_MS);
  visitor.answerAt = monotonicMs() + meanMs * (1 + JITTER * (2 * random() - 1));
  while (meanMs === 0 && visitor.waiting !== '') answer(manner, visitor);
}

/** Time has passed. */
export function look(manner: Manner, visitor: Visitor): void {
  const now = manner.options.monotonicMs();
  if (now >= visitor.endsAt) {
    if (visitor.leaving) visitor.socket.destroy();
    else dismiss(manner, visitor, ENOUGH);
  } else if (visitor.waiting !== '' && now >= visitor.answerAt) {
    answer(manner, visitor);
    if (visitor.waiting !== '') schedule(manner, visitor);
  }
}

/** Tells a visitor to go, once. */
export function dismiss(manner: Manner, visitor: Visitor, reply: Delay | typeof GOODBYE): void {
  if (visitor.leaving) return;
  visitor.leaving = true;
  visitor.waiting = '';
  visitor.head = '';
  visitor.endsAt = manner.options.monotonicMs() + LINGER_MS;
  // Who is about to shake hands can be told nothing in the clear.
  if (visitor.secure && !(visitor.socket instanceof TLSSocket)) visitor.socket.end();
  else visitor.socket.end(encodeReply(reply));
}

function answer(manner: Manner, visitor: Visitor): void {
  const { options } = manner;
  const letter = visitor.waiting.charAt(0);
  visitor.waiting = visitor.waiting.slice(1);
  if (letter === 'G') say(visitor, greeting(options));
  else {
    visitor.commands += 1;
    if (letter === 'Q') dismiss(manner, visitor, options.speech.kind === 'mail' ? GOODBYE : GO);
    else if (visitor.commands >= (options.commandsMax ?? COMMANDS_MAX)) dismiss(manner, visitor, GO);
    else answerCommand(manner, visitor, letter);
  }
}

function answerCommand(manner: Manner, visitor: Visitor, letter: string): void {
  const { options } = manner;
  const { speech } = options;
  if (speech.kind === 'delays') say(visitor, encodeReply(LATER));
  else if (letter === 'H') say(visitor, heloReply(options));
  else if (letter === 'E')
    say(visitor, ehloReply(options, { ...speech.offer, messagesMax: MESSAGES_MAX, startTls: canSecure(manner, visitor) }));
  else if (letter === 'S' && canSecure(manner, visitor)) startTls(manner, visitor);
  else say(visitor, encodeReply(LATER));
}

function startTls(manner: Manner, visitor: Visitor): void {
  say(visitor, encodeReply(START_TLS));
  visitor.waiting = '';
  visitor.head = '';
  visitor.secure = true;
  manner.secure?.(visitor);
}

function canSecure(manner: Manner, visitor: Visitor): boolean {
  return manner.secure !== undefined && !visitor.secure;
}

function say(visitor: Visitor, text: string): void {
  visitor.socket.write(text);
}

/** The greeting (RFC 5321 §4.3.1). */
function greeting(options: TarpitOptions): string {
  return encodeReply(`220 ${options.hostName} ESMTP Vratny`);
}

/** HELO's answer, where the tarpit speaks as a mail server (RFC 5321 §4.1.1.1). */
function heloReply(options: TarpitOptions): string {
  return encodeReply(`250 ${options.hostName}`);
}

/** EHLO's answer, where the tarpit speaks as a mail server (RFC 5321 §4.1.1.1). */
function ehloReply(options: TarpitOptions, offer: Offer): string {
  // A client that pipelines BDAT would send its message at once, and each line of it would be a command here.
  const offered = EXTENSIONS.filter(({ keyword }) => keyword !== 'CHUNKING');
  const keywords = offered.map((extension) => extension.advertise(offer)).filter((line) => line !== undefined);
  return encodeLines(250, [options.hostName, ...keywords]);
}

/** One letter for each command, so that what waits for an answer is a short string: EHLO, HELO, STARTTLS, QUIT, anything else. */
type VerbLetter = 'E' | 'H' | 'S' | 'Q' | 'X';

/** What a chunk held. */
interface VerbReading {
  /** A letter for each line that ended in it. */
  readonly verbs: string;
  /** The beginning of the line that has not ended, at most {@link HEAD_MAX} characters. */
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
 * Finds the commands in a chunk and keeps nothing of it. Lines may end at bare LF: nothing that is said here can be smuggled anywhere.
 * Stops after `max` commands, and after STARTTLS where it will be followed: what is pipelined behind it is not to be believed (RFC 3207 §4.2).
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

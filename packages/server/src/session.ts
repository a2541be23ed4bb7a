import { randomBytes } from 'node:crypto';
import { hostId } from '@vratny/hosts';
import type { Occasion } from '@vratny/journal';
import { openVisit, type Visit } from '@vratny/policy';
import { addressKey, formatReversePath } from '@vratny/smtp';
import { keepDoorOpen } from './keep-door-open.ts';
import { stateInTime } from './ledger/state-in-time.ts';
import { createUnreadReplies, type UnreadReplies } from './ledger/unread-replies.ts';
import type { QuietRoom } from './message/quiet-room.ts';
import type { ServerOptions } from './options.ts';
import type { SpoolRoom } from './spool-room.ts';
import type { Transaction } from './transaction.ts';

/** TLS as negotiated. */
export interface TlsState {
  readonly protocol: string;
  readonly cipher: string;
}

/** What is known of one connection. The verbs change it; the engine owns its socket. */
export interface Session {
  readonly id: string;
  readonly options: ServerOptions;
  readonly client: { readonly ip: string; readonly port: number };
  readonly visit: Visit<'connect'>;
  tls: TlsState | undefined;
  hello: Visit<'helo'> | undefined;
  transaction: Transaction | undefined;
  /** Decisions made so far; each has its own receipt. */
  decisions: number;
  messages: number;
  /** Refused, of the whole session. */
  failedRecipients: number;
  /** Refused, delayed or one too many, of the whole session. */
  recipientsInVain: number;
  /** Commands since the last message that brought none nearer. */
  junkCommands: number;
  protocolErrors: number;
  /** Commands since a bound of the session was passed while its transaction had recipients. */
  commandsBeyondBounds: number;
  /** Failures of our own machinery that were written down. */
  readonly alarmed: WeakSet<object>;
  /**
   * Aborted once the connection is closed: it was reset, or a write failed. A client that closed only its sending side (FIN, or close_notify) still
   * reads (RFC 9293 §3.6), and Exim does so behind each message that is the last one.
   */
  readonly gone: AbortSignal;
  readonly spoolRoom: SpoolRoom;
  readonly quietRoom: QuietRoom;
  /** 250s that the client may not have read. */
  readonly unread: UnreadReplies;
}

/** A new connection's session. */
export function openSession(options: ServerOptions, connection: Pick<Session, 'client' | 'gone' | 'spoolRoom' | 'quietRoom'>): Session {
  const { client, gone, spoolRoom, quietRoom } = connection;
  const context = { settings: options.settings, host: options.host, client: { ip: client.ip } };
  const session: Session = {
    id: newSessionId(options.now()),
    options,
    client,
    visit: openVisit('connect', context, { ports: options.ports, monotonicMs: options.monotonicMs }),
    tls: undefined,
    hello: undefined,
    transaction: undefined,
    decisions: 0,
    messages: 0,
    failedRecipients: 0,
    recipientsInVain: 0,
    junkCommands: 0,
    protocolErrors: 0,
    commandsBeyondBounds: 0,
    alarmed: new WeakSet(),
    gone,
    spoolRoom,
    quietRoom,
    unread: createUnreadReplies(async ({ key, mailboxes }) => (await stateInTime(session, options.ledger.drop(key, mailboxes))).known),
  };
  return session;
}

// Crockford's base 32: no letters that look like digits.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Sorts by time, is easy to read over the telephone, and cannot be guessed: seconds, and 50 random bits. */
export function newSessionId(now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const time = Array.from({ length: 7 }, (_, i) => ALPHABET[Math.floor(seconds / 32 ** (6 - i)) % 32]).join('');
  return time + Array.from(randomBytes(10), (byte) => ALPHABET[byte % 32]).join('');
}

/** The identifier of the next decision. */
export function nextReceipt(session: Session): string {
  session.decisions += 1;
  return `${session.id}.${session.decisions}`;
}

/** Forgets the transaction (RSET, EHLO, after a message: RFC 5321 §4.1.4). */
export function endTransaction(session: Session): void {
  const { transaction } = session;
  if (!transaction) return;
  keepDoorOpen(session, transaction);
  void transaction.incoming?.sink.abandon();
  transaction.visit.leave();
  session.transaction = undefined;
}

/** Forgets everything that the client said (RFC 3207 §4.2). */
export function forgetHello(session: Session): void {
  endTransaction(session);
  session.hello?.leave();
  session.hello = undefined;
}

/** True while recipients were accepted whose message has not come yet: whatever bound is passed, they are delivered first. */
export function owesDelivery({ transaction }: Session): boolean {
  return transaction !== undefined && transaction.recipients.length > 0;
}

/** Ends the session. */
export function closeSession(session: Session): void {
  forgetHello(session);
  session.visit.leave();
}

/** Who and what an event is about. */
export function occasionOf(session: Session, recipient?: string): Occasion {
  const { hello, transaction } = session;
  const known = transaction?.recipients.map((one) => addressKey(one.recipient)) ?? [];
  const recipients = recipient === undefined ? known : [recipient];
  return {
    session: session.id,
    host: hostId(session.options.host),
    client: session.client.ip,
    ...(hello ? { helo: hello.context.helo.name } : {}),
    ...(transaction ? { sender: formatReversePath(transaction.visit.context.sender) } : {}),
    ...(recipients.length > 0 ? { recipients } : {}),
  };
}

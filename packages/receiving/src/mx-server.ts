import { type AcceptedRecipient, destination as destinationFact, greylist, room, type Visit } from '@vratny/policy';
import {
  type Answer,
  type ConnectedSession,
  createSmtpServer,
  type Envelope,
  type JudgedMessage,
  type ServiceSession,
  type ServiceTransaction,
  type SmtpServer,
} from '@vratny/server';
import { addressKey, type Delay } from '@vratny/smtp';
import { hasOneRecipientOnly, ONE_AT_A_TIME } from './ledger/attempt.ts';
import { stateInTime } from './ledger/state-in-time.ts';
import { createUnreadReplies, type UnreadReplies } from './ledger/unread-replies.ts';
import { TRANSACTION_MAILBOXES_MAX } from './limits.ts';
import { deliverMessage, mailboxesOf } from './message/deliver.ts';
import type { MxServerOptions, MxSession, MxTransaction } from './mx-session.ts';

// RFC 5321 §4.5.3.1.10: the sender sends the rest in another transaction.
const TOO_MANY_MAILBOXES: Delay = '452 4.5.3 these recipients lead to too many mailboxes, please send this one in another transaction';
const NO_DESTINATION: Delay = '451 4.3.0 the recipient could not be looked up just now, please try again later';

/**
 * The server of an MX host. It delivers a message before it acknowledges it, and stores none itself. It does not
 * listen. @throws OpenSSL's error when the certificates cannot be used
 */
export function createMxServer(options: MxServerOptions): SmtpServer {
  const offer = { smtpUtf8: options.delivery.utf8 };
  return createSmtpServer({ ...options, service: { offer, connect: (session) => new Client(session, options) } });
}

class Client implements MxSession, ServiceSession {
  readonly session: ConnectedSession;
  readonly options: MxServerOptions;
  #unread: UnreadReplies | undefined;

  constructor(session: ConnectedSession, options: MxServerOptions) {
    this.session = session;
    this.options = options;
  }

  get id(): string {
    return this.session.id;
  }

  get unread(): UnreadReplies {
    const { ledger } = this.options;
    this.#unread ??= createUnreadReplies(async ({ key, mailboxes }) => (await stateInTime(this, ledger.drop(key, mailboxes))).known);
    return this.#unread;
  }

  openTransaction(envelope: Envelope): ServiceTransaction {
    return new ClientTransaction(this, envelope);
  }

  clientSent(offset: number): void {
    this.#unread?.saw(offset);
  }

  settled(): Promise<unknown> | undefined {
    return this.#unread?.settled();
  }
}

class ClientTransaction implements MxTransaction, ServiceTransaction {
  readonly session: MxSession;
  readonly envelope: Envelope;
  readonly refused: string[] = [];
  #extended = false;
  /** Whether the transaction may have one recipient only; undefined until that was asked. */
  #single: Promise<boolean> | undefined;

  constructor(session: MxSession, envelope: Envelope) {
    this.session = session;
    this.envelope = envelope;
  }

  takeRecipient(visit: Visit<'rcpt'>, further: boolean): AcceptedRecipient | Delay | Promise<AcceptedRecipient | Delay> {
    const recipient = recipientOf(visit);
    noteRecount(this.session, visit, recipient);
    if (!further) return this.#take(visit, recipient, further);
    this.#single ??= hasOneRecipientOnly(this.session, this.envelope);
    return this.#single.then((single) => (single ? ONE_AT_A_TIME : this.#take(visit, recipient, further)));
  }

  #take(visit: Visit<'rcpt'>, recipient: AcceptedRecipient | undefined, further: boolean): AcceptedRecipient | Delay {
    // Every policy refuses recipients without a destination; should one ever not, the mail is delayed.
    if (recipient === undefined) return NO_DESTINATION;
    if (further && mailboxesOf([...this.envelope.recipients, recipient]).length > TRANSACTION_MAILBOXES_MAX) return TOO_MANY_MAILBOXES;
    return withServedMailboxes(this.session, visit, recipient);
  }

  objectToRecipient(visit: Visit<'rcpt'>, verdict: 'delay' | 'refuse'): void {
    const recipient = recipientOf(visit);
    noteRecount(this.session, visit, recipient);
    if (verdict === 'delay') return;
    // By the mailbox of an alias that leads to one: the ledger knows mailboxes.
    const mailboxes = recipient?.destination.mailboxes ?? [];
    if (mailboxes.length <= 1) this.refused.push(mailboxes[0]?.address ?? addressKey(visit.context.recipient));
  }

  takeMessage(message: JudgedMessage): Promise<Answer> {
    return deliverMessage(this, message);
  }

  extendGreylist(): void {
    if (!this.#extended) this.#extended = extendGreylist(this.session, this.envelope);
  }

  end(): void {
    this.extendGreylist();
  }
}

/**
 * The recipient with its mailboxes from the directory; undefined when it has none, or the directory could not be asked.
 */
function recipientOf(visit: Visit<'rcpt'>): AcceptedRecipient | undefined {
  const found = visit.peek(destinationFact);
  if (!found?.known || found.value.kind !== 'mailboxes') return undefined;
  return { recipient: visit.context.recipient, destination: found.value };
}

/**
 * The recipient with those of its mailboxes that can be served: the others are recorded as trouble of the directory.
 */
function withServedMailboxes(
  { id, options }: MxSession,
  visit: Visit<'rcpt'>,
  { recipient, destination }: AcceptedRecipient,
): AcceptedRecipient {
  const asked = visit.peek(room);
  const unknown = asked?.known && asked.value.kind === 'room' ? (asked.value.unknown ?? []) : [];
  if (unknown.length > 0) {
    const detail = `${addressKey(recipient)} leads to ${unknown.slice(0, 3).join(', ')}, which the store does not know; its other targets are served`;
    options.journal.record({ kind: 'fault', where: 'room', detail, session: id });
  }
  const mailboxes = destination.mailboxes.filter(({ address, enabled }) => enabled && !unknown.includes(address));
  return { recipient, destination: { ...destination, mailboxes } };
}

/** Records the octets that the store counted in a mailbox. */
function noteRecount({ id, options }: MxSession, visit: Visit<'rcpt'>, recipient: AcceptedRecipient | undefined): void {
  const [mailbox, ...others] = recipient?.destination.mailboxes ?? [];
  const counted = visit.peek(room);
  if (mailbox === undefined || others.length > 0) return;
  if (!counted?.known || counted.value.kind === 'unknown' || counted.value.usedBytes === undefined) return;
  const { usedBytes } = counted.value;
  if (mailbox.usedBytes === usedBytes) return;
  options.usage.setUsage(mailbox.address, usedBytes).catch((error: unknown) => {
    options.journal.record({ kind: 'fault', where: 'register', detail: String(error), session: id });
  });
}

/**
 * Extends the greylist entry of the sender after a recipient was accepted, once for a transaction: its recipients come
 * within moments, and each would cost a round trip. Called together with the begin of the delivery, with which it
 * shares one round trip, or when the transaction ends without a delivery. Not waited for; after a fault the entry only
 * expires earlier. True when it was extended.
 */
function extendGreylist({ id, options }: Pick<MxSession, 'id' | 'options'>, { visit, accepted }: Envelope): boolean {
  const { greylist: store, settings, journal, now } = options;
  const contact = visit.peek(greylist);
  if (!store || accepted.length === 0 || !contact?.known || contact.value.kind !== 'passed') return false;
  store.extend(contact.value.key, now(), settings.greylist).catch((error: unknown) => {
    journal.record({ kind: 'fault', where: 'greylist', detail: String(error), session: id });
  });
  return true;
}

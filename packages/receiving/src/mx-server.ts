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
import { hasOneRecipientOnly, ONE_AT_A_TIME } from './ledger/single-recipient.ts';
import { stateInTime } from './ledger/state-in-time.ts';
import { createUnreadReplies, type UnreadReplies } from './ledger/unread-replies.ts';
import { TRANSACTION_MAILBOXES_MAX } from './limits.ts';
import { deliverMessage } from './message/deliver.ts';
import { mailboxesOf } from './message/summary.ts';
import type { MxServerOptions, MxSession, MxTransaction } from './mx-session.ts';

// RFC 5321 §4.5.3.1.10: the sender sends the rest in another transaction.
const TOO_MANY_MAILBOXES: Delay = '452 4.5.3 these recipients lead to too many mailboxes, please send this one in another transaction';
const NO_DESTINATION: Delay = '451 4.3.0 the recipient could not be looked up just now, please try again later';

/**
 * The server of an MX host: it delivers a message before it acknowledges it, and keeps none. It does not listen.
 * @throws OpenSSL's error when the certificates cannot be used
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
  /** Whether it may have one recipient only; undefined while nobody has asked. */
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
    // No policy lets a recipient by without knowing where mail for it goes; if one ever does, the mail waits.
    if (recipient === undefined) return NO_DESTINATION;
    if (further && mailboxesOf([...this.envelope.recipients, recipient]).length > TRANSACTION_MAILBOXES_MAX) return TOO_MANY_MAILBOXES;
    return withServedMailboxes(this.session, visit, recipient);
  }

  objectToRecipient(visit: Visit<'rcpt'>, verdict: 'delay' | 'refuse'): void {
    const recipient = recipientOf(visit);
    noteRecount(this.session, visit, recipient);
    if (verdict === 'delay') return;
    // By the mailbox that an alias leads to, when it is one: the ledger knows mailboxes.
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

/** The recipient with the mailboxes that the directory has for it; undefined when it has none, or could not tell. */
function recipientOf(visit: Visit<'rcpt'>): AcceptedRecipient | undefined {
  const found = visit.peek(destinationFact);
  if (!found?.known || found.value.kind !== 'mailboxes') return undefined;
  return { recipient: visit.context.recipient, destination: found.value };
}

/** With the mailboxes that get a copy: those in use, and known to the store. One that the store does not know is an alarm: the operator's alias leads there. */
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

/** The store counted a mailbox: what the register has was out of date. */
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
 * An accepted recipient extends the time in which its sender is let through. Once for a transaction: its
 * recipients come within moments, and each would cost a round trip. It is called together with the beginning of the delivery, with which it shares
 * one, or when the transaction ends without a delivery. Nobody waits for it; after a fault the time only ends earlier. True when it was extended.
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

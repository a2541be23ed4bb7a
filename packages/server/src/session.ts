import { hostId } from '@vratny/hosts';
import { newReceipt, newSessionId, type Occasion } from '@vratny/journal';
import { type HeloContext, openVisit, startFacts, type Visit } from '@vratny/policy';
import { addressKey, formatReversePath, type MailParameters, type Offer, type ReversePath } from '@vratny/smtp';
import type { Cancellation } from '@vratny/waiting';
import { MESSAGES_MAX } from './limits.ts';
import type { MessageLock } from './message/message-lock.ts';
import type { ServerOptions } from './server-options.ts';
import type { ConnectedSession, ServiceSession } from './service.ts';
import type { SpoolRoom } from './spool-room.ts';
import { Tally } from './tally.ts';
import { Transaction } from './transaction.ts';

/** TLS as negotiated. */
export interface TlsState {
  readonly protocol: string;
  readonly cipher: string;
}

/** What a session is opened with. */
export interface Connected extends SharedBySessions {
  readonly client: { readonly ip: string; readonly port: number };
  /**
   * Aborted when the connection is closed, by a reset or a failed write. A client that closed only its sending side
   * (FIN, or close_notify) still reads (RFC 9293 §3.6); Exim does so after its last message.
   */
  readonly gone: Cancellation;
}

/** What all sessions of a server share. */
export interface SharedBySessions {
  readonly spoolRoom: SpoolRoom;
  readonly messageLock: MessageLock;
  /** Refusals for which something is still being found about the sender, when the client may have gone. */
  readonly evidence: { held: number };
}

/** The state of one connection. Only its methods change it; the engine owns the socket. */
export class Session implements ConnectedSession {
  readonly id: string;
  readonly options: ServerOptions;
  readonly client: Connected['client'];
  readonly gone: Cancellation;
  readonly spoolRoom: SpoolRoom;
  readonly messageLock: MessageLock;
  readonly evidence: Connected['evidence'];
  readonly visit: Visit<'connect'>;
  readonly tally: Tally;
  readonly service: ServiceSession;
  #tls: TlsState | undefined;
  #hello: Visit<'helo'> | undefined;
  #transaction: Transaction | undefined;
  /** The opening was journalled. */
  #opened = false;
  /** Failures of our own components that were journalled. */
  #alarmed: WeakSet<object> | undefined;

  constructor(options: ServerOptions, { client, gone, spoolRoom, messageLock, evidence }: Connected) {
    this.id = newSessionId(options.now());
    this.options = options;
    this.client = client;
    this.gone = gone;
    this.spoolRoom = spoolRoom;
    this.messageLock = messageLock;
    this.evidence = evidence;
    const context = { settings: options.settings, host: options.host, client: { ip: client.ip } };
    this.visit = openVisit('connect', context, { ports: options.ports, monotonicMs: options.monotonicMs });
    this.tally = new Tally(options.limits.failedRecipientsMax);
    this.service = options.service.connect(this);
  }

  /** TLS, once it is established. */
  get tls(): TlsState | undefined {
    return this.#tls;
  }

  /** The visit of EHLO or HELO. */
  get hello(): Visit<'helo'> | undefined {
    return this.#hello;
  }

  /** From MAIL until its message was answered or the transaction was cancelled. */
  get transaction(): Transaction | undefined {
    return this.#transaction;
  }

  /** The extensions that this session is offered now. */
  get offer(): Offer {
    const { limits, service, tls } = this.options;
    return {
      messageMaxBytes: limits.messageMaxBytes,
      recipientsMax: limits.recipientsMax,
      messagesMax: MESSAGES_MAX,
      startTls: tls !== undefined && this.#tls === undefined,
      smtpUtf8: service.offer.smtpUtf8,
    };
  }

  /** True while accepted recipients wait for their message: it is received before a bound ends the session. */
  get owesDelivery(): boolean {
    return this.#transaction !== undefined && this.#transaction.recipients.length > 0;
  }

  /** TLS is established: everything that the client said before is forgotten (RFC 3207 §4.2). */
  beginTls(tls: TlsState): void {
    this.forgetHello();
    this.#tls = tls;
  }

  /** The client said EHLO or HELO. */
  openHello(helo: HeloContext['helo']): void {
    this.forgetHello();
    this.#hello = this.visit.open('helo', { ...this.visit.context, helo, tls: this.#tls });
    startFacts(this.options.policy, this.#hello);
  }

  /** The client said MAIL. */
  openTransaction(hello: Visit<'helo'>, sender: ReversePath, parameters: MailParameters): Transaction {
    const visit = hello.open('mail', { ...hello.context, sender, parameters, startedAt: this.options.now() });
    this.#transaction = new Transaction(visit, this.service);
    return this.#transaction;
  }

  /** Forgets the transaction (RSET, EHLO, after a message: RFC 5321 §4.1.4). */
  endTransaction(): void {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    transaction?.end();
  }

  /** Forgets EHLO or HELO. */
  forgetHello(): void {
    this.endTransaction();
    this.#hello?.leave();
    this.#hello = undefined;
  }

  /**
   * Journals the opening at the first command, so that a client that says nothing is one line. `through` is the proxy
   * before it.
   */
  recordOpening(through: string | undefined): void {
    if (this.#opened) return;
    this.#opened = true;
    const detail = through === undefined ? {} : { detail: `through ${through}` };
    this.options.journal.record({ kind: 'session', occasion: this.occasion(), what: 'opened', ...detail });
  }

  /** The client has left. */
  close(): void {
    this.forgetHello();
    this.visit.leave();
    this.service.leave?.();
  }

  /** The identifier of the next decision. */
  nextReceipt(): string {
    return newReceipt(this.options.now());
  }

  /**
   * True the first time for each failure of our own components: the answer about a sender is used for all its
   * recipients.
   */
  isNewAlarm(failure: object): boolean {
    if (this.#alarmed?.has(failure)) return false;
    this.#alarmed ??= new WeakSet();
    this.#alarmed.add(failure);
    return true;
  }

  /** The subject of a journal event. */
  occasion(recipient?: string): Occasion {
    const hello = this.#hello;
    const transaction = this.#transaction;
    const known = transaction?.recipients.map((one) => addressKey(one.recipient)) ?? [];
    const recipients = recipient === undefined ? known : [recipient];
    return {
      session: this.id,
      host: hostId(this.options.host),
      client: this.client.ip,
      ...(hello ? { helo: hello.context.helo.name } : {}),
      ...(transaction ? { sender: formatReversePath(transaction.visit.context.sender) } : {}),
      ...(recipients.length > 0 ? { recipients } : {}),
    };
  }
}

import { hostId } from '@vratny/hosts';
import { newReceipt, newSessionId, type Occasion } from '@vratny/journal';
import { type HeloContext, openVisit, startFacts, type Visit } from '@vratny/policy';
import { addressKey, formatReversePath, type MailParameters, type Offer, type ReversePath } from '@vratny/smtp';
import type { Cancellation } from '@vratny/waiting';
import { MESSAGES_MAX } from './limits.ts';
import type { QuietRoom } from './message/quiet-room.ts';
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
export interface Connected {
  readonly client: { readonly ip: string; readonly port: number };
  /**
   * Aborted once the connection is closed: it was reset, or a write failed. A client that closed only its sending side (FIN, or close_notify) still
   * reads (RFC 9293 §3.6), and Exim does so behind each message that is the last one.
   */
  readonly gone: Cancellation;
  readonly spoolRoom: SpoolRoom;
  readonly quietRoom: QuietRoom;
}

/** What is known of one connection. Its methods alone change it; the engine owns its socket. */
export class Session implements ConnectedSession {
  readonly id: string;
  readonly options: ServerOptions;
  readonly client: Connected['client'];
  readonly gone: Cancellation;
  readonly spoolRoom: SpoolRoom;
  readonly quietRoom: QuietRoom;
  readonly visit: Visit<'connect'>;
  readonly tally: Tally;
  readonly service: ServiceSession;
  #tls: TlsState | undefined;
  #hello: Visit<'helo'> | undefined;
  #transaction: Transaction | undefined;
  /** It is in the journal that the client is there. */
  #opened = false;
  /** Failures of our own machinery that were written down. */
  #alarmed: WeakSet<object> | undefined;

  constructor(options: ServerOptions, { client, gone, spoolRoom, quietRoom }: Connected) {
    this.id = newSessionId(options.now());
    this.options = options;
    this.client = client;
    this.gone = gone;
    this.spoolRoom = spoolRoom;
    this.quietRoom = quietRoom;
    const context = { settings: options.settings, host: options.host, client: { ip: client.ip } };
    this.visit = openVisit('connect', context, { ports: options.ports, monotonicMs: options.monotonicMs });
    this.tally = new Tally(options.limits.failedRecipientsMax);
    this.service = options.service.connect(this);
  }

  /** TLS, once it is up. */
  get tls(): TlsState | undefined {
    return this.#tls;
  }

  /** What was said with EHLO or HELO. */
  get hello(): Visit<'helo'> | undefined {
    return this.#hello;
  }

  /** From MAIL until its message was answered or it was given up. */
  get transaction(): Transaction | undefined {
    return this.#transaction;
  }

  /** What this session is offered now. */
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

  /** True while recipients were accepted whose message has not come yet: whatever bound is passed, they are delivered first. */
  get owesDelivery(): boolean {
    return this.#transaction !== undefined && this.#transaction.recipients.length > 0;
  }

  /** TLS is up: everything that the client said before is forgotten (RFC 3207 §4.2). */
  beginTls(tls: TlsState): void {
    this.forgetHello();
    this.#tls = tls;
  }

  /** The client said who it is. */
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

  /** Forgets what the client said of itself. */
  forgetHello(): void {
    this.endTransaction();
    this.#hello?.leave();
    this.#hello = undefined;
  }

  /** Written with the first thing that a client says: one that only knocks is one line, when it has left. `through` is the proxy before it. */
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

  /** True the first time for each failure of our own machinery: the answer about a sender serves all its recipients. */
  isNewAlarm(failure: object): boolean {
    if (this.#alarmed?.has(failure)) return false;
    this.#alarmed ??= new WeakSet();
    this.#alarmed.add(failure);
    return true;
  }

  /** Who and what an event is about. */
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

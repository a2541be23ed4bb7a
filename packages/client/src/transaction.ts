import type { ReversePath } from '@vratny/smtp';
import { type Cancellation, onAbort } from '@vratny/waiting';
import { type Conversation, confirmOrder, converse, mailCommand, rcptCommand, wireAddress } from './conversation.ts';
import { ConversationFault, describeFault } from './fault.ts';
import { isPositive, isProtocolComplaint, isRefusal, quoteReply, type ServerReply } from './reply.ts';
import { sendBody } from './send-body.ts';

/** How long each step may take, in milliseconds. The budget of the whole is the message's signal. */
export interface TransactionDeadlines {
  /** The replies to MAIL, RCPT and DATA: each looks into a directory and a mailbox. */
  readonly commandMs: number;
  /** One write that the server does not read. */
  readonly writeMs: number;
  /** From the final dot to the last reply: copies to all recipients and their fsync. */
  readonly storeMs: number;
  /** From the end of the signal to the answer that is still awaited after the final dot. */
  readonly endingGraceMs: number;
}

/** A message and whom it is for. */
export interface OutgoingMessage {
  readonly sender: ReversePath;
  /** `local@domain` in lower case, each once. */
  readonly recipients: readonly string[];
  /** Octets of the body, for SIZE. */
  readonly sizeBytes: number;
  /** It may be an internationalised message (RFC 6531). */
  readonly utf8: boolean;
  /** Its octets; lines end in CRLF. A rejection, or a throw where it can be walked at once, means that it must not be handed over. */
  readonly body: () => AsyncIterable<Buffer> | Iterable<Buffer>;
  /** `each`: after the final dot comes a reply for each accepted recipient (LMTP, RFC 2033 §4.2). `one`: for all of them (SMTP). */
  readonly replies: 'each' | 'one';
  /** Asked right before the final dot; rejects when the message must not be handed over. */
  readonly confirm: () => Promise<void>;
  /** Ends the transaction. */
  readonly signal: Cancellation;
  readonly deadlines: TransactionDeadlines;
}

/**
 * What became of the message for one recipient. `taken`: the server has it. `objected`: it has not; the reply says why. `uncertain`: it was handed over
 * completely, and the answer is not known.
 */
export type RecipientOutcome =
  | { readonly kind: 'taken' }
  | { readonly kind: 'objected'; readonly reply: ServerReply }
  | { readonly kind: 'uncertain'; readonly why: string };

/** After MAIL, RCPT and DATA: what was decided of a recipient, or that the message is awaited for it. */
type Decision = RecipientOutcome | 'awaited';

const TAKEN: RecipientOutcome = { kind: 'taken' };

/** The state of one transaction. */
class Transaction {
  readonly #conversation: Conversation;
  readonly #message: OutgoingMessage;
  /** The recipients as they stand on the wire. */
  readonly #wires: readonly string[];
  /** The final dot was sent: from here on nobody can take the message back. */
  #handedOver = false;

  constructor(conversation: Conversation, message: OutgoingMessage) {
    this.#conversation = conversation;
    this.#message = message;
    this.#wires = message.recipients.map(wireAddress);
  }

  async run(): Promise<readonly RecipientOutcome[]> {
    const { connection } = this.#conversation;
    const { signal, deadlines, body, confirm, recipients } = this.#message;
    if (signal.aborted) throw ended();
    const stopListening = onAbort(signal, () => this.#end());
    try {
      const decisions = await this.#agree();
      if (!decisions.includes('awaited')) return decisions.filter((one) => one !== 'awaited');
      connection.endStep();
      const last = await sendBody(body(), signal, (octets) => connection.write(octets, deadlines.writeMs));
      await confirm();
      if (signal.aborted) throw ended();
      // A reply before the end of the message is about something that went wrong.
      if (!connection.idle) throw connection.fault ?? new ConversationFault('garbled', 'a reply in the middle of the message');
      this.#handedOver = true;
      return await this.#handOver(decisions, last);
    } catch (error) {
      // Without its final dot the server drops the message when the connection is closed (RFC 5321 §4.1.1.4).
      connection.destroy();
      if (this.#handedOver) return recipients.map(() => uncertain(describeFault(error)));
      throw error;
    } finally {
      stopListening();
    }
  }

  /** The caller has given up. After the final dot the replies are waited for a little longer. */
  #end(): void {
    const { connection } = this.#conversation;
    if (this.#handedOver) connection.startStep('the reply after the end of the delivery', this.#message.deadlines.endingGraceMs);
    else connection.destroy(ended());
  }

  /** MAIL, RCPT and DATA. Believes a refusal only when 354 or a round of RSET has shown that replies and commands match. */
  async #agree(): Promise<readonly Decision[]> {
    const { connection, features } = this.#conversation;
    const { recipients, utf8, deadlines } = this.#message;
    const commands = [
      mailCommand(this.#message, features),
      ...recipients.map((address) => rcptCommand(address, utf8 && features.smtpUtf8)),
      'DATA',
    ];
    connection.startStep('MAIL, RCPT and DATA', deadlines.commandMs);
    const [mail, ...others] = await converse(this.#conversation, commands, (replies) => mayGoOn(replies, recipients.length));
    if (mail === undefined) throw new ConversationFault('lost', 'no reply to MAIL');
    if (!isPositive(mail)) {
      await confirmOrder(this.#conversation);
      return recipients.map(() => refusalOfAll(mail, 'MAIL'));
    }
    const decisions = this.#wires.map((wire, at) => decide(others[at], wire, this.#wires));
    const data = others[recipients.length];
    if (data?.code === 354 && decisions.includes('awaited')) return decisions;
    // 354 without recipients: whatever the server means by it, the connection is not used again.
    if (data?.code === 354) connection.destroy();
    else await confirmOrder(this.#conversation);
    return decisions.map((one) => (one === 'awaited' ? refusalOfAll(data, 'DATA') : one));
  }

  /** Sends the end of the message and takes the replies for those for whom it is awaited. Never rejects. */
  async #handOver(decisions: readonly Decision[], last: Buffer): Promise<readonly RecipientOutcome[]> {
    const { connection } = this.#conversation;
    const { deadlines, replies } = this.#message;
    const awaited = this.#wires.filter((_wire, at) => decisions[at] === 'awaited');
    connection.startStep('the reply after the final dot', deadlines.storeMs);
    connection.send(last, replies === 'one' ? 1 : awaited.length);
    const outcomes = replies === 'one' ? await this.#takeOne(awaited) : await this.#takeEach(awaited);
    let next = 0;
    return decisions.map((one) => (one === 'awaited' ? (outcomes[next++] ?? uncertain('no outcome')) : one));
  }

  /** SMTP: the one reply is about all of them. */
  async #takeOne(awaited: readonly string[]): Promise<readonly RecipientOutcome[]> {
    const [outcome = uncertain('no outcome')] = await this.#takeEach(awaited.slice(0, 1));
    return awaited.map(() => outcome);
  }

  /**
   * A reply for each accepted recipient, in their order. When the connection ends early, the replies that came hold and the rest is uncertain; when
   * replies and recipients do not match, all of it is.
   */
  async #takeEach(awaited: readonly string[]): Promise<readonly RecipientOutcome[]> {
    const { connection } = this.#conversation;
    const taken: ServerReply[] = [];
    let why = '';
    try {
      await connection.takeReplies(awaited.length, taken);
    } catch (error) {
      why = describeFault(error);
      connection.destroy(error instanceof ConversationFault ? error : undefined);
    }
    const strange = taken.find((reply, at) => isOutOfOrder(reply, awaited[at] ?? '', awaited));
    if (strange !== undefined) connection.destroy(new ConversationFault('garbled', `a reply about something else: ${quoteReply(strange)}`));
    // One reply too many, or one about something else: it cannot be told which one that is.
    const { fault } = connection;
    if (fault?.kind === 'garbled' || strange !== undefined) return awaited.map(() => uncertain(fault?.message ?? why));
    return awaited.map((_wire, at) => outcomeOf(taken[at]) ?? uncertain(why));
  }
}

/**
 * Sends a message in one transaction of a conversation. Outcomes stand in the order of the recipients. Rejects with {@link ConversationFault} only when the
 * server has nothing, since the message was not handed over: then another server may be tried, unless the fault is `ended`.
 */
export function sendMessage(conversation: Conversation, message: OutgoingMessage): Promise<readonly RecipientOutcome[]> {
  return new Transaction(conversation, message).run();
}

const ended = (): ConversationFault => new ConversationFault('ended', 'delivery was ended');

/** After the final dot only a reply makes an outcome certain. */
function uncertain(why: string): RecipientOutcome {
  return { kind: 'uncertain', why };
}

function outcomeOf(reply: ServerReply | undefined): RecipientOutcome | undefined {
  if (reply === undefined) return undefined;
  return isPositive(reply) ? TAKEN : { kind: 'objected', reply };
}

/** Without pipelining: RCPT only after a good MAIL, DATA only when somebody was accepted. */
function mayGoOn(replies: readonly ServerReply[], recipients: number): boolean {
  const [mail, ...rcpts] = replies;
  if (mail !== undefined && !isPositive(mail)) return false;
  return rcpts.length < recipients || rcpts.some(isPositive);
}

function decide(reply: ServerReply | undefined, wire: string, wires: readonly string[]): Decision {
  if (reply === undefined) throw new ConversationFault('lost', 'no reply to RCPT');
  if (namesAnother(reply, wire, wires)) {
    throw new ConversationFault('garbled', `a reply about another recipient: ${quoteReply(reply)}`);
  }
  return isPositive(reply) ? 'awaited' : { kind: 'objected', reply };
}

/** A refusal of MAIL or DATA is about the message; any other failure there is the server's, and another server may take the message. */
function refusalOfAll(reply: ServerReply | undefined, command: string): RecipientOutcome {
  if (reply !== undefined && isRefusal(reply)) return { kind: 'objected', reply };
  throw new ConversationFault('lost', `${command}: ${reply === undefined ? 'no reply' : `the store says ${quoteReply(reply)}`}`);
}

function isOutOfOrder(reply: ServerReply, wire: string, wires: readonly string[]): boolean {
  return isProtocolComplaint(reply) || (reply.code >= 300 && reply.code < 400) || namesAnother(reply, wire, wires);
}

/**
 * True when the reply names another recipient of the transaction and not the one whose turn it is. Servers need not name anybody, Dovecot
 * does after its codes; when one names another recipient, replies and commands do not match.
 */
export function namesAnother(reply: ServerReply, own: string, others: readonly string[]): boolean {
  if (!reply.text.includes('<')) return false;
  const named = [...reply.text.matchAll(/<([^<>\s]+(?: [^<>\s]+)*)>/gu)].map((match) => (match[1] ?? '').toLowerCase());
  return named.length > 0 && !named.includes(own.toLowerCase()) && others.some((other) => named.includes(other.toLowerCase()));
}

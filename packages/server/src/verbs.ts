import { judge, startFacts, type Visit } from '@vratny/policy';
import {
  type Address,
  addressKey,
  type Command,
  type Delay,
  EIGHT_BIT_ADDRESS,
  EXTENSIONS,
  needsUtf8,
  type Objection,
  type Refusal,
  type Verb,
} from '@vratny/smtp';
import { runSteps, type Steps, wait } from '@vratny/waiting';
import { type Answer, type Incoming, type MessageSink, objectTo, type SingleReply, say } from './answer.ts';
import { SMALL_CHUNK_BYTES } from './limits.ts';
import { receiveMessage } from './message/receive.ts';
import { type Limit, objectByLimit, recordJudgement, recordLimit } from './record-judgement.ts';
import type { Session } from './session.ts';
import type { Transaction } from './transaction.ts';

/** What must have been said before a command (RFC 5321 §4.1.4), and the proof of it that the verb is given. */
interface Phases {
  any: undefined;
  /** EHLO or HELO. */
  hello: Visit<'helo'>;
  /** EHLO or HELO, and no MAIL. */
  'no transaction': Visit<'helo'>;
  /** MAIL. */
  transaction: Transaction;
  /** MAIL, and neither DATA nor BDAT. */
  envelope: Transaction;
}

type Phase = keyof Phases;

interface Row<V extends Verb, P extends Phase> {
  readonly after: P;
  /** The command moves no mail: too many of these end the session. */
  readonly junk: boolean;
  readonly run: (session: Session, command: Extract<Command, { verb: V }>, proof: Phases[P]) => Answer | Promise<Answer>;
}

/** All commands of the protocol. */
const TABLE: { readonly [V in Verb]: { [P in Phase]: Row<V, P> }[Phase] } = {
  EHLO: { after: 'any', junk: true, run: hello },
  HELO: { after: 'any', junk: true, run: hello },
  STARTTLS: { after: 'hello', junk: true, run: startTls },
  MAIL: { after: 'no transaction', junk: false, run: mail },
  RCPT: { after: 'envelope', junk: false, run: rcpt },
  DATA: { after: 'transaction', junk: false, run: data },
  // Its octets follow in any case: the verb checks the phase itself.
  BDAT: { after: 'any', junk: false, run: bdat },
  // RFC 5321 §4.1.1.5.
  RSET: {
    after: 'any',
    junk: true,
    run: (session) => {
      session.endTransaction();
      return say('250 2.0.0 transaction forgotten');
    },
  },
  // RFC 5321 §4.1.1.9.
  NOOP: { after: 'any', junk: true, run: () => say('250 2.0.0 still here') },
  // RFC 5321 §3.5.3: whether a mailbox exists is told at RCPT only.
  VRFY: { after: 'any', junk: true, run: () => say('252 2.5.0 addresses are not told here: send the message and see') },
  // RFC 5321 §4.1.1.8.
  HELP: {
    after: 'any',
    junk: true,
    run: () => say('214 2.0.0 this server receives mail as RFC 5321 says: EHLO, STARTTLS, MAIL, RCPT, DATA, BDAT, RSET, NOOP, VRFY, QUIT'),
  },
  // RFC 5321 §4.1.1.10.
  QUIT: {
    after: 'any',
    junk: false,
    run: (session) => {
      // The client may keep its side open: the message in chunks is dropped now.
      session.endTransaction();
      return say(`221 2.0.0 ${session.options.settings.hostName} says goodbye`);
    },
  },
};

/** True for commands that move no mail. */
export function isJunk({ verb }: Command): boolean {
  return TABLE[verb].junk;
}

/**
 * Runs a command in the session, or replies what must come before it. Synchronous when nothing has to be waited for.
 */
export function run(session: Session, command: Command): Answer | Promise<Answer> {
  const row = TABLE[command.verb];
  const proof = prove(session, row.after);
  if (typeof proof === 'string') return say(proof);
  // The table pairs each verb with its command and its phase; the compiler cannot follow that through the index.
  return (row.run as (session: Session, command: Command, proof: unknown) => Answer | Promise<Answer>)(session, command, proof);
}

function prove(session: Session, phase: Phase): Phases[Phase] | Refusal {
  if (phase === 'any') return undefined;
  const { hello: greeted, transaction } = session;
  if (!greeted) return '503 5.5.1 say EHLO or HELO first';
  if (phase === 'hello') return greeted;
  if (phase === 'no transaction') return transaction ? '503 5.5.1 a transaction is open already, say RSET to end it' : greeted;
  if (!transaction) return '503 5.5.1 say MAIL first';
  if (phase === 'transaction') return transaction;
  const begun = transaction.incoming !== undefined || transaction.chunkRefused !== undefined;
  return begun ? '503 5.5.1 the message of this transaction has begun, say RSET to begin another one' : transaction;
}

/** EHLO and HELO (RFC 5321 §4.1.1.1). The name is the client's claim: only SPF uses it. */
function hello(session: Session, { verb, name }: Extract<Command, { verb: 'EHLO' | 'HELO' }>): Answer {
  session.openHello({ verb, name });
  const { hostName } = session.options.settings;
  if (verb === 'HELO') return say(`250 ${hostName}`);
  const { offer } = session;
  const keywords = EXTENSIONS.map((extension) => extension.advertise(offer)).filter((line) => line !== undefined);
  return { kind: 'lines', lines: [hostName, ...keywords] };
}

/** STARTTLS (RFC 3207). The client says EHLO again after the handshake. */
function startTls(session: Session): Answer {
  if (session.tls) return say('503 5.5.1 TLS is on already');
  if (!session.offer.startTls) return say('502 5.5.1 TLS is not offered here');
  // A transaction ends with STARTTLS.
  session.endTransaction();
  return { kind: 'start-tls', reply: '220 2.0.0 go ahead with TLS' };
}

/**
 * MAIL opens a transaction (RFC 5321 §4.1.1.2). Checks of the sender are judged at RCPT, so that each refusal has its
 * recipient.
 */
function mail(session: Session, command: Extract<Command, { verb: 'MAIL' }>, hello: Visit<'helo'>): Answer | Promise<Answer> {
  return runSteps(answerMail(session, command, hello));
}

const NO_ROOM: Limit = { name: 'no-room', reply: '452 4.3.1 there is no room for messages just now, please try again later' };

function* answerMail(session: Session, { sender, parameters }: Extract<Command, { verb: 'MAIL' }>, hello: Visit<'helo'>): Steps<Answer> {
  const enough = session.tally.reached('messages');
  if (enough !== undefined) return objectByLimit(session, { name: 'session-limit', reply: enough });
  const { policy } = session.options;
  const { visit } = session.openTransaction(hello, sender, parameters);
  try {
    startFacts(policy, visit);
    // Both are started before one is waited for.
    const fitting = session.spoolRoom.fits(parameters.sizeBytes ?? 0);
    const judgement = yield* wait(judge(policy, 'mail', visit));
    const fits = yield* wait(fitting);
    const receipt = recordJudgement(session, judgement, { said: '250 2.1.0', limit: fits ? undefined : NO_ROOM });
    const { verdict } = judgement;
    if (verdict.kind === 'pass' && fits) return say('250 2.1.0 sender noted');
    session.endTransaction();
    return objectTo(verdict.kind === 'pass' ? NO_ROOM.reply : verdict.reply, receipt);
  } catch (error) {
    // After a bug no incomplete transaction may remain.
    session.endTransaction();
    throw error;
  }
}

const SEND_MESSAGE_FIRST: Delay = '452 4.5.3 too many recipients of this session were not taken, please send the message to those who were';

/** RCPT (RFC 5321 §4.1.1.3): the checks of client, sender and recipient are judged here. */
function rcpt(session: Session, command: Extract<Command, { verb: 'RCPT' }>, transaction: Transaction): Answer | Promise<Answer> {
  const sitePostmaster = command.recipient === 'postmaster';
  const recipient: Address = command.recipient === 'postmaster' ? session.options.postmaster : command.recipient;
  const limit = recipientLimit(session, transaction) ?? eightBit(recipient, transaction);
  if (limit !== undefined) return objectByLimit(session, limit, addressKey(recipient));
  return runSteps(judgeRecipient(session, transaction, { recipient, sitePostmaster }));
}

function eightBit(recipient: Address, { visit }: Transaction): Limit | undefined {
  return needsUtf8(recipient) && !visit.context.parameters.utf8 ? { name: 'eight-bit-address', reply: EIGHT_BIT_ADDRESS } : undefined;
}

/** Why no further recipient is taken: of the session, or of this message. */
function recipientLimit({ tally, options, owesDelivery }: Session, transaction: Transaction): Limit | undefined {
  const end = tally.reached('recipientsRefused') ?? tally.reached('recipientsInVain');
  // The accepted recipients get their message first; the others may come with another message, in another session.
  if (end !== undefined) return { name: 'session-limit', reply: owesDelivery ? SEND_MESSAGE_FIRST : end };
  const { recipientsMax } = options.limits;
  if (transaction.accepted.length < recipientsMax) return undefined;
  // RFC 5321 §4.5.3.1.10: the sender sends the rest in another transaction.
  return {
    name: 'recipient-limit',
    reply: `452 4.5.3 no more than ${recipientsMax} recipients a message, please send the rest in another one`,
  };
}

function* judgeRecipient(
  session: Session,
  transaction: Transaction,
  named: Pick<Visit<'rcpt'>['context'], 'recipient' | 'sitePostmaster'>,
): Steps<Answer> {
  const visit = transaction.visit.open('rcpt', { ...transaction.visit.context, ...named });
  try {
    return yield* answerRecipient(session, transaction, visit);
  } finally {
    visit.leave();
  }
}

function* answerRecipient(session: Session, transaction: Transaction, visit: Visit<'rcpt'>): Steps<Answer> {
  const { policy } = session.options;
  const { recipient } = visit.context;
  startFacts(policy, visit);
  const judgement = yield* wait(judge(policy, 'rcpt', visit));
  const { verdict } = judgement;
  const key = addressKey(recipient);
  if (verdict.kind !== 'pass') {
    transaction.service.objectToRecipient?.(visit, verdict.kind);
    if (verdict.kind === 'refuse') session.tally.count('recipientsRefused');
    return objectTo(verdict.reply, recordJudgement(session, judgement, { recipient: key }));
  }
  const known = transaction.find(recipient);
  const taken = yield* wait(transaction.service.takeRecipient(visit, known === undefined && transaction.recipients.length > 0));
  const limit =
    typeof taken === 'string' ? ({ name: taken.startsWith('452') ? 'recipient-limit' : 'server-fault', reply: taken } as const) : undefined;
  const receipt = recordJudgement(session, judgement, { recipient: key, said: '250 2.1.5', limit });
  if (typeof taken === 'string') return objectTo(taken, receipt);
  transaction.accept(known ?? taken);
  return say('250 2.1.5 recipient will be served');
}

const NO_RECIPIENT: Objection = '554 5.5.1 there is no recipient to send this to';
const NO_BUDGET: Limit = { name: 'no-room', reply: '452 4.3.1 too many messages are on their way in just now, please try again later' };

/** DATA (RFC 5321 §4.1.1.4). */
function data(session: Session, _command: Command, transaction: Transaction): Answer | Promise<Answer> {
  if (transaction.incoming !== undefined || transaction.chunkRefused !== undefined) {
    return say('503 5.5.1 this message comes with BDAT, say RSET to begin another one');
  }
  if (transaction.recipients.length === 0) return say(NO_RECIPIENT);
  const incoming = beginMessage(session, transaction, false);
  return incoming instanceof Promise ? incoming.then(goAhead) : goAhead(incoming);
}

function goAhead(incoming: Incoming | SingleReply): Answer {
  if ('reply' in incoming) return { kind: 'reply', ...incoming };
  return { kind: 'data', reply: '354 end the message with a dot on a line of its own', incoming };
}

/**
 * BDAT (RFC 3030 §2): the octets follow at once, whatever the reply. A refused chunk is read and dropped, so that none
 * of it is read as commands, and no further chunk is taken until the transaction has ended.
 */
async function bdat(session: Session, { sizeBytes, last }: Extract<Command, { verb: 'BDAT' }>): Promise<Answer> {
  const { transaction } = session;
  // A small chunk moves little and costs a reply.
  if (sizeBytes < SMALL_CHUNK_BYTES && !last) session.tally.count('junkCommands');
  const incoming = await openChunk(session, transaction);
  if (!('reply' in incoming)) {
    const received: SingleReply = { reply: `250 2.0.0 ${sizeBytes} octets received` };
    const answer = last
      ? () => incoming.sink.answer()
      : async (): Promise<Answer> => ({ kind: 'reply', ...(incoming.sink.problem() ?? received) });
    return { kind: 'chunk', sizeBytes, incoming, answer };
  }
  transaction?.refuseChunks(incoming);
  const answer = async (): Promise<Answer> => {
    if (last && transaction === session.transaction) session.endTransaction();
    return { kind: 'reply', ...incoming };
  };
  return { kind: 'chunk', sizeBytes, incoming: discarded(session), answer };
}

async function openChunk(session: Session, transaction: Transaction | undefined): Promise<Incoming | SingleReply> {
  if (!session.hello) return { reply: '503 5.5.1 say EHLO first' };
  if (!transaction) return { reply: '503 5.5.1 say MAIL first' };
  if (transaction.chunkRefused !== undefined) return transaction.chunkRefused;
  if (transaction.recipients.length === 0) return { reply: NO_RECIPIENT };
  return transaction.incoming ?? beginMessage(session, transaction, true);
}

/** Opens the message of a transaction, unless the octets that it declared are too many just now. */
function beginMessage(
  session: Session,
  transaction: Transaction,
  chunked: boolean,
): Incoming | SingleReply | Promise<Incoming | SingleReply> {
  const { inFlight, monotonicMs } = session.options;
  const declared = transaction.visit.context.parameters.sizeBytes ?? 0;
  const begin = (hasRoom: boolean): Incoming | SingleReply => {
    if (!hasRoom) return { reply: NO_BUDGET.reply, receipt: recordLimit(session, NO_BUDGET) };
    inFlight.give(declared);
    return transaction.begin({ sink: receiveMessage(session, transaction), chunked, startedAtMs: monotonicMs(), receivedBytes: 0 });
  };
  const taken = inFlight.take(declared);
  return typeof taken === 'boolean' ? begin(taken) : taken.then(begin);
}

function discarded({ options }: Session): Incoming {
  const sink: MessageSink = {
    write: () => Promise.resolve(),
    problem: () => undefined,
    answer: () => Promise.resolve(say('503 5.5.1 there is no message')),
    abandon: () => Promise.resolve(),
  };
  return { sink, chunked: true, startedAtMs: options.monotonicMs(), receivedBytes: 0 };
}

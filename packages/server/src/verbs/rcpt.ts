import { destination, judge, room, startFacts, type Visit } from '@vratny/policy';
import { type Address, addressKey, type Command, type Delay, EIGHT_BIT_ADDRESS, needsUtf8 } from '@vratny/smtp';
import { type Answer, say } from '../answer.ts';
import { decide } from '../decide.ts';
import { isNarrowed, ONE_AT_A_TIME } from '../ledger/narrowing.ts';
import { RECIPIENTS_IN_VAIN_MAX, TRANSACTION_MAILBOXES_MAX } from '../limits.ts';
import { type Mailbox, mailboxesOf } from '../message/fates.ts';
import { owesDelivery, type Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';

const TOO_MANY_REFUSED: Delay = '421 4.7.0 too many recipients of this session were refused';
const TOO_MANY_IN_VAIN: Delay = '421 4.7.0 too many recipients of this session were not taken';
const SEND_FIRST: Delay = '452 4.5.3 too many recipients of this session were not taken, please send the message to those who were';
// RFC 5321 §4.5.3.1.10: the sender sends the rest in another transaction.
const TOO_MANY_MAILBOXES: Delay = '452 4.5.3 these recipients lead to too many mailboxes, please send this one in another transaction';

/** RCPT (RFC 5321 §4.1.1.3): everything about client, sender and recipient is judged here. */
export async function rcpt(session: Session, command: Extract<Command, { verb: 'RCPT' }>): Promise<Answer> {
  const { transaction, options } = session;
  if (!transaction) return say('503 5.5.1 say MAIL first');
  if (transaction.incoming !== undefined || transaction.chunkRefused !== undefined) {
    return say('503 5.5.1 the message of this transaction has begun, say RSET to begin another one');
  }
  const objection = tooMany(session, transaction);
  if (objection) return objection;
  const sitePostmaster = command.recipient === 'postmaster';
  const recipient: Address = command.recipient === 'postmaster' ? options.postmaster : command.recipient;
  if (needsUtf8(recipient) && !transaction.visit.context.parameters.utf8) return say(EIGHT_BIT_ADDRESS);
  const visit = transaction.visit.open('rcpt', { ...transaction.visit.context, recipient, sitePostmaster });
  try {
    return await judgeRecipient(session, transaction, visit);
  } finally {
    visit.leave();
  }
}

function tooMany(session: Session, transaction: Transaction): Answer | undefined {
  const { limits } = session.options;
  const refusedTooOften = session.failedRecipients >= limits.failedRecipientsMax;
  if (refusedTooOften || session.recipientsInVain > RECIPIENTS_IN_VAIN_MAX) {
    // Those who were accepted are delivered first; the others may come with another message, in another session.
    if (owesDelivery(session)) return say(SEND_FIRST);
    return say(refusedTooOften ? TOO_MANY_REFUSED : TOO_MANY_IN_VAIN);
  }
  if (transaction.accepted.length < limits.recipientsMax) return undefined;
  return say(`452 4.5.3 no more than ${limits.recipientsMax} recipients a message, please send the rest in another one`);
}

async function judgeRecipient(session: Session, transaction: Transaction, visit: Visit<'rcpt'>): Promise<Answer> {
  const { options } = session;
  startFacts(options.policy, visit);
  const judgement = await judge(options.policy, 'rcpt', visit);
  noteRecount(session, visit);
  const key = addressKey(visit.context.recipient);
  // RFC 5321 §4.5.3.1.8: the same recipient twice is one copy.
  const known = transaction.recipients.find((one) => addressKey(one.recipient) === key);
  const further = judgement.verdict.kind === 'pass' && known === undefined && transaction.recipients.length > 0;
  const elsewhere = further ? await sendElsewhere(session, transaction, visit) : undefined;
  const objection = decide(session, judgement, { recipient: key, said: elsewhere ?? '250 2.1.5' });
  if (objection) {
    if (judgement.verdict.kind === 'refuse') noteRefused(session, transaction, visit);
    return objection;
  }
  if (elsewhere) return say(elsewhere);
  const found = visit.peek(destination);
  if (!found?.known || found.value.kind !== 'mailboxes') {
    // No policy lets a recipient by without knowing where mail for it goes; if one ever does, the mail waits.
    return say('451 4.3.0 the recipient could not be looked up just now, please try again later');
  }
  const destinationServed = { ...found.value, mailboxes: servedOf(session, visit, found.value.mailboxes) };
  const recipient = known ?? { recipient: visit.context.recipient, destination: destinationServed };
  transaction.accepted.push(recipient);
  if (!known) transaction.recipients.push(recipient);
  return say('250 2.1.5 recipient will be served');
}

/** The mailboxes that get a copy: those in use, and known to the store. One that the store does not know is an alarm: the operator's alias leads there. */
function servedOf(session: Session, visit: Visit<'rcpt'>, mailboxes: readonly Mailbox[]): readonly Mailbox[] {
  const asked = visit.peek(room);
  const unknown = asked?.known && asked.value.kind === 'room' ? (asked.value.unknown ?? []) : [];
  if (unknown.length > 0) {
    const detail = `${addressKey(visit.context.recipient)} leads to ${unknown.slice(0, 3).join(', ')}, which the store does not know; its other targets are served`;
    session.options.journal.record({ kind: 'fault', where: 'room', detail, session: session.id });
  }
  return mailboxes.filter(({ address, enabled }) => enabled && !unknown.includes(address));
}

/** Why a further recipient needs a transaction of its own. */
async function sendElsewhere(session: Session, transaction: Transaction, visit: Visit<'rcpt'>): Promise<Delay | undefined> {
  if (await isNarrowed(session, transaction)) return ONE_AT_A_TIME;
  const found = visit.peek(destination);
  if (!found?.known || found.value.kind !== 'mailboxes') return undefined;
  const all = mailboxesOf([...transaction.recipients, { recipient: visit.context.recipient, destination: found.value }]);
  return all.length > TRANSACTION_MAILBOXES_MAX ? TOO_MANY_MAILBOXES : undefined;
}

/** By the mailbox that an alias leads to, when it is one: the ledger knows mailboxes. */
function noteRefused(session: Session, transaction: Transaction, visit: Visit<'rcpt'>): void {
  session.failedRecipients += 1;
  const found = visit.peek(destination);
  const mailboxes = found?.known && found.value.kind === 'mailboxes' ? found.value.mailboxes : [];
  const [only] = mailboxes;
  if (mailboxes.length <= 1) transaction.refused.push(only?.address ?? addressKey(visit.context.recipient));
}

/** The store counted a mailbox: what the register has was out of date. */
function noteRecount(session: Session, visit: Visit<'rcpt'>): void {
  const counted = visit.peek(room);
  const found = visit.peek(destination);
  if (!counted?.known || counted.value.kind === 'unknown' || counted.value.usedBytes === undefined) return;
  if (!found?.known || found.value.kind !== 'mailboxes' || found.value.mailboxes.length !== 1) return;
  const [mailbox] = found.value.mailboxes;
  const { usedBytes } = counted.value;
  if (!mailbox || mailbox.usedBytes === usedBytes) return;
  const { usage, journal } = session.options;
  usage.setUsage(mailbox.address, usedBytes).catch((error: unknown) => {
    journal.record({ kind: 'fault', where: 'register', detail: String(error), session: session.id });
  });
}

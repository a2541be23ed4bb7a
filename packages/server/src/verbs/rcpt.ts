import { judge, startFacts, type Visit } from '@vratny/policy';
import { type Address, addressKey, type Command, type Delay, EIGHT_BIT_ADDRESS, needsUtf8 } from '@vratny/smtp';
import { runSteps, type Steps, wait } from '@vratny/waiting';
import { type Answer, objectTo, say } from '../answer.ts';
import { type Limit, objectByLimit, recordJudgement } from '../record-judgement.ts';
import type { Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';

const SEND_MESSAGE_FIRST: Delay = '452 4.5.3 too many recipients of this session were not taken, please send the message to those who were';

/** RCPT (RFC 5321 §4.1.1.3): the checks of client, sender and recipient are judged here. */
export function rcpt(session: Session, command: Extract<Command, { verb: 'RCPT' }>, transaction: Transaction): Answer | Promise<Answer> {
  const sitePostmaster = command.recipient === 'postmaster';
  const recipient: Address = command.recipient === 'postmaster' ? session.options.postmaster : command.recipient;
  const limit = tooMany(session, transaction) ?? eightBit(recipient, transaction);
  if (limit !== undefined) return objectByLimit(session, limit, addressKey(recipient));
  return runSteps(judgeRecipient(session, transaction, { recipient, sitePostmaster }));
}

function eightBit(recipient: Address, { visit }: Transaction): Limit | undefined {
  return needsUtf8(recipient) && !visit.context.parameters.utf8 ? { name: 'eight-bit-address', reply: EIGHT_BIT_ADDRESS } : undefined;
}

function tooMany({ tally, options, owesDelivery }: Session, transaction: Transaction): Limit | undefined {
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

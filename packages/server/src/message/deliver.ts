import type { Copy, Outcome } from '@vratny/delivery';
import { findRemovals } from '@vratny/message';
import { type FoundOf, header, type MessageContext, type Visit } from '@vratny/policy';
import { isObjection, parseRefusal, type Reply } from '@vratny/smtp';
import { type Answer, objectTo, say } from '../answer.ts';
import { DELIVERY_GRACE_MS, USAGE_MS } from '../limits.ts';
import { occasionOf, type Session } from '../session.ts';
import { orGiveUp } from './give-up.ts';

type Mailbox = MessageContext['recipients'][number]['destination']['mailboxes'][number];

/** Hands the message to the store; 250 only when the store has every copy. `ending` stops the delivery: out of time, or the client is gone. */
export async function deliverMessage(session: Session, visit: Visit<'message'>, ending: AbortSignal): Promise<Answer> {
  const { options } = session;
  const { context } = visit;
  const startedAt = options.monotonicMs();
  const mailboxes = distinctMailboxes(context);
  // Stamps tell what is known by now; what they need has its own deadlines and faults.
  await Promise.all(options.policy.stamps.flatMap((stamp) => stamp.facts).map((fact) => visit.find(fact)));
  const found = await visit.find(header);
  if (!found.known || found.value.truncated) {
    const detail = found.known ? 'the header is longer than what is read' : found.detail;
    options.journal.record({ kind: 'fault', where: 'header', detail, session: session.id });
    return objectTo('451 4.3.0 the header could not be read in time, please try again later', context.id);
  }
  const delivering = options.delivery.deliver({
    sender: context.sender,
    content: context.content,
    omit: findRemovals(found.value.fields, context.settings.hostName),
    copies: mailboxes.map((mailbox) => copyFor(session, visit, mailbox)),
    signal: ending,
  });
  // Stores promise to end with the signal; one that does not must not hold the session.
  const outcomes = (await orGiveUp(delivering, ending, DELIVERY_GRACE_MS)) ?? [];
  const reply = replyTo(
    context.id,
    mailboxes.map((_, i) => outcomes[i]),
  );
  const failed = mailboxes.flatMap((mailbox, i) => failureOf(mailbox, outcomes[i]));
  options.journal.record({
    kind: 'delivery',
    id: context.id,
    occasion: occasionOf(session),
    sizeBytes: context.content.sizeBytes,
    sha256: context.content.sha256,
    stored: mailboxes.filter((_, i) => outcomes[i]?.kind === 'stored').map((mailbox) => mailbox.address),
    failed,
    ms: Math.round(options.monotonicMs() - startedAt),
    reply,
  });
  await orGiveUp(noteUsage(session, mailboxes, outcomes), AbortSignal.abort(), USAGE_MS);
  return isObjection(reply) ? objectTo(reply, context.id) : say(reply);
}

/** Two recipients that reach one mailbox are one delivery. */
function distinctMailboxes(context: MessageContext): readonly Mailbox[] {
  const all = context.recipients.flatMap((one) => one.destination.mailboxes);
  return [...new Map(all.map((mailbox) => [mailbox.address, mailbox])).values()];
}

function copyFor(session: Session, visit: Visit<'message'>, mailbox: Mailbox): Copy {
  const found: FoundOf = (fact) => visit.peek(fact) ?? { known: false, kind: 'fault', detail: 'not looked for', ms: 0 };
  const lines = session.options.policy.stamps.map((stamp) => stamp.write(visit.context, found, mailbox));
  return { target: mailbox, stamps: lines.join('') };
}

/**
 * One reply for all copies. When the store took some and not others the sender has to come back for the others; a permanent refusal is passed on
 * only when nobody got the message.
 */
function replyTo(id: string, outcomes: readonly (Outcome | undefined)[]): Reply {
  if (outcomes.length > 0 && outcomes.every((outcome) => outcome?.kind === 'stored')) return `250 2.0.0 stored as ${id}`;
  const refusals = outcomes.map((outcome) => (outcome?.kind === 'refused' ? parseRefusal(outcome.text) : undefined));
  const [first] = refusals;
  if (first !== undefined && refusals.every((refusal) => refusal !== undefined)) return first;
  return '451 4.3.0 the mailbox store did not take the message, please try again later';
}

function failureOf(mailbox: Mailbox, outcome: Outcome | undefined): { mailbox: string; detail: string }[] {
  if (outcome?.kind === 'stored') return [];
  const detail = outcome === undefined ? 'no outcome' : outcome.kind === 'refused' ? outcome.text : outcome.detail;
  return [{ mailbox: mailbox.address, detail }];
}

/** The message is stored whatever the register says: a fault there is written down, and the next count puts it right. */
async function noteUsage(session: Session, mailboxes: readonly Mailbox[], outcomes: readonly Outcome[]): Promise<void> {
  const { usage, journal } = session.options;
  const notes = mailboxes.map(async (mailbox, i) => {
    const outcome = outcomes[i];
    if (outcome?.kind === 'stored') await usage.addUsage(mailbox.address, outcome.bytes);
  });
  for (const result of await Promise.allSettled(notes)) {
    if (result.status === 'rejected') {
      journal.record({ kind: 'fault', where: 'register', detail: String(result.reason), session: session.id });
    }
  }
}

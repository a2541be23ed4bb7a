import { destination } from './facts/destination.ts';
import { type Judgement, judge, startFacts } from './model/judge.ts';
import type { Policy } from './model/policy.ts';
import type { MailContext, MessageContext, RcptContext } from './model/stage.ts';
import { openVisit, type Visit, type VisitOptions } from './model/visit.ts';

/** A made-up message, as a session would know it. */
export interface SimulatedMessage {
  readonly mail: MailContext;
  readonly recipient: RcptContext['recipient'];
  readonly message: Pick<MessageContext, 'content' | 'gate' | 'id' | 'receivedAt'>;
}

/**
 * Judges stage by stage as a session would, and stops at the first objection. `watch` gets the visit of the message
 * after it was judged.
 */
export async function simulate(
  policy: Policy,
  { mail, recipient, message }: SimulatedMessage,
  options: VisitOptions,
  watch: (visit: Visit<'message'>) => void = () => undefined,
): Promise<readonly Judgement[]> {
  const { settings, host, client, helo, tls } = mail;
  const connect = enter(policy, openVisit('connect', { settings, host, client }, options));
  const hello = enter(policy, connect.open('helo', { settings, host, client, helo, tls }));
  const transaction = enter(policy, hello.open('mail', mail));
  try {
    const atMail = await judge(policy, 'mail', transaction);
    if (atMail.verdict.kind !== 'pass') return [atMail];
    const rcpt = enter(policy, transaction.open('rcpt', { ...mail, recipient, sitePostmaster: false }));
    const atRcpt = await judge(policy, 'rcpt', rcpt);
    const found = rcpt.peek(destination);
    if (atRcpt.verdict.kind !== 'pass' || !found?.known || found.value.kind !== 'mailboxes') return [atMail, atRcpt];
    const recipients = [{ recipient, destination: found.value }];
    const visit = enter(policy, transaction.open('message', { ...mail, ...message, recipients }));
    const atMessage = await judge(policy, 'message', visit);
    watch(visit);
    return [atMail, atRcpt, atMessage];
  } finally {
    transaction.leave();
    hello.leave();
    connect.leave();
  }
}

function enter<V extends Visit>(policy: Policy, visit: V): V {
  startFacts(policy, visit);
  return visit;
}

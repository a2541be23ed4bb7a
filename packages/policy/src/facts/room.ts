import type { Admission } from '@vratny/delivery';
import type { Destination, Mailbox } from '@vratny/directory';
import { allOf } from '@vratny/waiting';
import { STORE_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import { areSameMailboxes, askNow, destination } from './destination.ts';

/**
 * The answer of the store about the mailboxes of a recipient. `full` when one of them is. Otherwise a mailbox about
 * which the store could not tell decides before one that it does not know, and the recipient is unknown only when none
 * of its mailboxes is known: nobody is refused with 5xx while some mailbox may take the message. `unknown` of a
 * recipient with room lists the mailboxes that get no copy. By a destination that is only what was known, nobody is
 * `full` or `unknown` before the directory itself has said the same.
 */
export type Room =
  | Exclude<Admission, { kind: 'fault' | 'room' }>
  | (Extract<Admission, { kind: 'room' }> & { readonly unknown?: readonly string[] });

/** Asks the store whether each mailbox takes a message of the declared size. */
export const room = fact({
  name: 'room',
  stage: 'rcpt',
  deadlineMs: STORE_FACT_MS,
  alarm: true,
  needs: { destination },
  ports: ['delivery'],
  find({ parameters }, needs, { delivery }, signal): Room | Promise<Room> {
    if (needs.destination.kind !== 'mailboxes') return { kind: 'room' };
    const enabled = needs.destination.mailboxes.filter((mailbox) => mailbox.enabled);
    const answers = allOf(enabled.map((mailbox) => delivery.admits(mailbox, parameters.sizeBytes ?? 0, signal)));
    const found = answers instanceof Promise ? answers.then((said) => roomOf(enabled, said)) : roomOf(enabled, answers);
    if (needs.destination.askNow === undefined) return found;
    return found instanceof Promise ? found.then((one) => confirm(one, needs.destination)) : confirm(found, needs.destination);
  },
});

/** A mailbox that was moved, or got more room, since it became known is not where the store was asked for it. */
function confirm(found: Room, known: Destination): Room | Promise<Room> {
  if (found.kind === 'room' && found.unknown === undefined) return found;
  return askNow(known).then((now) => {
    if (areSameMailboxes(known, now)) return found;
    throw new FactFault('the store refuses a mailbox as it was known, and the directory has changed since');
  });
}

function roomOf(mailboxes: readonly Mailbox[], answers: readonly Admission[]): Room {
  const full = answers.find((answer) => answer.kind === 'full');
  if (full) return full;
  const fault = answers.find((answer) => answer.kind === 'fault');
  if (fault) throw new FactFault(fault.detail);
  const unknown = answers.find((answer) => answer.kind === 'unknown');
  if (unknown && answers.every(({ kind }) => kind === 'unknown')) return unknown;
  if (unknown) return { kind: 'room', unknown: mailboxes.filter((_, i) => answers[i]?.kind === 'unknown').map(({ address }) => address) };
  return answers.length === 1 && answers[0]?.kind === 'room' ? answers[0] : { kind: 'room' };
}

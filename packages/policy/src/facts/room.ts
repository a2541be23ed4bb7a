import type { Admission } from '@vratny/delivery';
import type { Mailbox } from '@vratny/directory';
import { allOf } from '@vratny/waiting';
import { STORE_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import { destination } from './destination.ts';

/**
 * What the store says of the mailboxes that the recipient leads to. A full one speaks for all, since the sender is to be told. Otherwise a store that could
 * not tell about one of them comes before one that does not know another, and the recipient is unknown only when no mailbox of it is known: nobody is
 * refused for good while it is not certain that nobody takes the message. `unknown` of a recipient with room are those of its mailboxes that get no copy.
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
    return answers instanceof Promise ? answers.then((said) => roomOf(enabled, said)) : roomOf(enabled, answers);
  },
});

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

import type { Admission } from '@vratny/delivery';
import { STORE_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import { destination } from './destination.ts';

/** What the store says of the mailboxes that the recipient leads to: the first that takes nothing speaks for all. */
export type Room = Exclude<Admission, { kind: 'fault' }>;

/** Asks the store whether each mailbox takes a message of the declared size. */
export const room = fact({
  name: 'room',
  stage: 'rcpt',
  deadlineMs: STORE_FACT_MS,
  alarm: true,
  needs: { destination },
  ports: ['delivery'],
  async find({ parameters }, needs, { delivery }, signal): Promise<Room> {
    if (needs.destination.kind !== 'mailboxes') return { kind: 'room' };
    const enabled = needs.destination.mailboxes.filter((mailbox) => mailbox.enabled);
    const answers = await Promise.all(enabled.map((mailbox) => delivery.admits(mailbox, parameters.sizeBytes ?? 0, signal)));
    const objection = answers.find((answer) => answer.kind === 'unknown' || answer.kind === 'full');
    if (objection) return objection;
    const fault = answers.find((answer) => answer.kind === 'fault');
    if (fault) throw new FactFault(fault.detail);
    return answers.length === 1 && answers[0]?.kind === 'room' ? answers[0] : { kind: 'room' };
  },
});

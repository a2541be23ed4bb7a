import type { Outcome } from '@vratny/delivery';
import type { AcceptedRecipient } from '@vratny/policy';
import { parseRefusal, type Refusal } from '@vratny/smtp';

/** What became of a copy, or of a recipient. */
export type Fate = { readonly kind: 'stored' } | { readonly kind: 'refused'; readonly reply: Refusal } | { readonly kind: 'delayed' };

/** Finds what became of a mailbox's copy; undefined when it is not known. */
export type OutcomeOf = (mailbox: string) => Outcome | 'already' | undefined;

/** The mailboxes of recipients, each once. */
export function mailboxesOf(recipients: readonly AcceptedRecipient[]): readonly Mailbox[] {
  const all = recipients.flatMap((one) => one.destination.mailboxes);
  return [...new Map(all.map((mailbox) => [mailbox.address, mailbox])).values()];
}

/** A mailbox as the directory told of it. */
export type Mailbox = AcceptedRecipient['destination']['mailboxes'][number];

/** What became of one copy. A refusal that cannot be read is none: the sender comes back. */
export function fateOfMailbox(outcome: Outcome | 'already' | undefined): Fate {
  if (outcome === 'already' || outcome?.kind === 'stored') return { kind: 'stored' };
  const reply = outcome?.kind === 'refused' ? parseRefusal(outcome.text) : undefined;
  return reply === undefined ? { kind: 'delayed' } : { kind: 'refused', reply };
}

/**
 * A recipient of several mailboxes has one fate. It waits while one of them does; then one that is full or unknown makes the recipient so: the
 * others have the message, and the sender is told of the one that has not.
 */
export function fateOfRecipient(recipient: AcceptedRecipient, outcomeOf: OutcomeOf): Fate {
  const fates = recipient.destination.mailboxes.map(({ address }) => fateOfMailbox(outcomeOf(address)));
  if (fates.length === 0) return { kind: 'delayed' };
  return fates.find(({ kind }) => kind === 'delayed') ?? fates.find(({ kind }) => kind === 'refused') ?? { kind: 'stored' };
}

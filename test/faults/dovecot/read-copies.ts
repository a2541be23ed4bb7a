import type { Dovecot } from '@vratny/support/dovecot';
import type { StoredCopy } from '../ledger/compare.ts';

/** Everything in the inboxes of these mailboxes, as IMAP gives it. */
export async function readDovecotCopies(dovecot: Dovecot, mailboxes: readonly string[]): Promise<readonly StoredCopy[]> {
  const copies: StoredCopy[] = [];
  for (const mailbox of new Set(mailboxes)) {
    const messages = await dovecot.inbox(mailbox);
    copies.push(...messages.map((text, at) => ({ mailbox, bytes: Buffer.from(text, 'latin1'), where: `Dovecot, message ${at + 1}` })));
  }
  return copies;
}

import type { LmtpServer } from '@vratny/support/lmtp-server';
import type { ClientLedger, Entry } from '../ledger/client-ledger.ts';
import type { StoredCopy } from '../ledger/compare.ts';
import { isNoted } from '../ledger/expire-leases.ts';
import { tokenOf } from '../ledger/message.ts';

/** What a store has that takes everything and stores before it answers, whether anybody reads the answer or not. */
export function copiesIn(store: LmtpServer): readonly StoredCopy[] {
  return store.taken
    .flatMap(({ recipients, bytes }) => recipients.map((mailbox) => ({ mailbox, bytes })))
    .map((copy, at) => ({ ...copy, where: `LMTP copy ${at + 1}` }));
}

/**
 * To be called after an attempt that was not acknowledged: for each copy that the store has and the ledger of mx does not know of, the answer of
 * the store was lost, and the next attempt may make a second one. `seen` is what was explained before, by mailbox.
 */
export function explainHandOvers(
  ledger: ClientLedger,
  entry: Entry,
  store: LmtpServer,
  stateFile: string | undefined,
  seen: Map<string, number>,
): void {
  const copies = copiesIn(store);
  for (const mailbox of entry.message.recipients) {
    const mine = copies.filter((copy) => copy.mailbox === mailbox && tokenOf(copy.bytes.toString('latin1')) === entry.message.token);
    const before = seen.get(mailbox) ?? 0;
    seen.set(mailbox, mine.length);
    if (stateFile !== undefined && isNoted(stateFile, mailbox)) continue;
    for (let copy = before; copy < mine.length; copy += 1) ledger.explain(entry, mailbox, 'answer of the store lost');
  }
}

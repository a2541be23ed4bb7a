import { describeError } from '@vratny/text';
import { runSteps, type Steps, wait } from '@vratny/waiting';
import { splitAddress } from './find-destination.ts';
import { DirectoryFault, type MailboxesAt } from './port.ts';
import type { Entry, Rows } from './store.ts';

/** The mailbox store, as far as it is asked which mailboxes there are. */
export interface AskedStore {
  /** Who knows the mailboxes of domains that do not say. */
  readonly mailboxes: MailboxesAt;
  /** Whether the store has this mailbox; `store` is the one that it names, undefined the site's own. Rejects in words for the log when it cannot be told. */
  exists(mailbox: { readonly address: string; readonly usedBytes: number; readonly store?: string }): Promise<boolean>;
}

/** An extension that nobody writes. */
const MADE_UP = 'vratny-asks-whether-any-extension-is-taken';

/**
 * The same rows, where a mailbox in a domain of `mailboxes: store` is there when the store has it: one of the rows holds its settings then, and is not
 * believed. Aliases and catch-alls are the rows' alone. A store that takes any extension (`signs` begin one; Dovecot's `recipient_delimiter`) has no mailbox of
 * such a name: it means the one before the sign. Rejects with `DirectoryFault` when the store cannot tell.
 */
export function askStore(rows: Rows, store: AskedStore, signs: string): Rows {
  return {
    ...rows,
    findEntry: (address) => runSteps(findEntry(rows, { store, signs }, address)),
  };
}

/** No promise where the rows are there at once and the store need not be asked. */
function* findEntry(
  rows: Rows,
  { store, signs }: { readonly store: AskedStore; readonly signs: string },
  address: string,
): Steps<Entry | undefined> {
  const entry = yield* wait(rows.findEntry(address));
  if (entry?.kind === 'alias') return entry;
  const { local, domain } = splitAddress(address);
  if (local === '') return entry;
  const there = yield* wait(rows.findDomain(domain));
  if ((there?.mailboxes ?? store.mailboxes) === 'directory' || there === undefined || there.aliasOf !== undefined) return entry;
  const exists = yield* wait(isThere(store, entry?.mailbox ?? { address, usedBytes: 0 }));
  if (!exists || entry !== undefined) return exists ? entry : undefined;
  let at = local.length - 1;
  while (at > 0 && !signs.includes(local.charAt(at))) at -= 1;
  const other = { address: `${local.slice(0, at + 1)}${MADE_UP}@${domain}`, usedBytes: 0 };
  return at > 0 && (yield* wait(isThere(store, other))) ? undefined : plainMailbox(address);
}

async function isThere(store: AskedStore, mailbox: Parameters<AskedStore['exists']>[0]): Promise<boolean> {
  try {
    return await store.exists(mailbox);
  } catch (error) {
    throw new DirectoryFault(`the mailbox store: ${describeError(error)}`, { cause: error });
  }
}

function plainMailbox(address: string): Entry {
  return { kind: 'mailbox', mailbox: { address, usedBytes: 0, antispam: false, enabled: true } };
}

import type { Letter } from '@vratny/hosts';
import type { DomainName } from '@vratny/smtp';
import { LIST_MAX } from './limits.ts';
import { DirectoryFault, type Domain, type Mailbox } from './port.ts';
import type { AcceptedLetter, Alias, AuditEntry } from './register.ts';

/**
 * What stands at an address. In our own register no address has both; in the databases of others an alias may keep a copy in the mailbox of the same
 * name, which is then its `own`.
 */
export type Entry =
  | { readonly kind: 'mailbox'; readonly mailbox: Mailbox }
  | { readonly kind: 'alias'; readonly targets: readonly string[]; readonly own?: Mailbox };

/**
 * The look-ups that resolution needs; what is known at once (from memory, or by a database in this process) is no promise. Addresses are in the form of
 * `addressKey`; `@domain` is the catch-all, always an alias.
 */
export interface Rows {
  findDomain(name: DomainName): Domain | undefined | Promise<Domain | undefined>;
  hasDomains(): boolean | Promise<boolean>;
  findEntry(address: string): Entry | undefined | Promise<Entry | undefined>;
  /** Stores that mailboxes name, each once, sorted. */
  listStores(limit: number): Promise<readonly string[]>;
}

/** Everything the register reads and writes. Lists are sorted by name, begin after `after` and are cut at `limit`. Nothing is checked here. */
export interface RegisterRows extends Rows {
  listDomains(limit: number, after?: string): Promise<readonly Domain[]>;
  listMailboxes(domain: DomainName, limit: number, after?: string): Promise<readonly Mailbox[]>;
  listAliases(domain: DomainName, limit: number, after?: string): Promise<readonly Alias[]>;
  /** Latest first. */
  listAudit(limit: number): Promise<readonly AuditEntry[]>;
  insertDomain(domain: Domain): Promise<void>;
  updateDomain(domain: Domain): Promise<void>;
  insertMailbox(mailbox: Mailbox): Promise<void>;
  /** Writes quota, store, antispam and enabled; never the octets used, which others count meanwhile. */
  updateSettings(mailbox: Mailbox): Promise<void>;
  insertAlias(alias: Alias): Promise<void>;
  deleteDomain(name: DomainName): Promise<void>;
  deleteMailbox(address: string): Promise<void>;
  deleteAlias(address: string): Promise<void>;
  insertAudit(entry: AuditEntry): Promise<void>;
  /** Notes that hosts of this letter are to accept the domain's mail from then on; one that is accepted goes on, and looks at it begin anew. */
  acceptLetter(domain: DomainName, letter: Letter, since: Date): Promise<void>;
  /** Writes what looks showed of a letter that is accepted. */
  updateAcceptedLetter(domain: DomainName, accepted: AcceptedLetter): Promise<void>;
  /** Oldest first. */
  listAcceptedLetters(domain: DomainName): Promise<readonly AcceptedLetter[]>;
  addUsage(address: string, bytes: number): Promise<void>;
  setUsage(address: string, bytes: number): Promise<void>;
}

/** Rows with transactions: what the register stands on. Everything rejects with `DirectoryFault` when it cannot be done. */
export interface Store {
  read<T>(work: (rows: RegisterRows) => Promise<T>): Promise<T>;
  /** One transaction that no other change runs into; work that rejects changes nothing. */
  change<T>(work: (rows: RegisterRows) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A listing in full, or a fault: a list that was cut silently would look complete. */
export async function listAll<T>(list: (limit: number) => Promise<readonly T[]>): Promise<readonly T[]> {
  const rows = await list(LIST_MAX + 1);
  if (rows.length > LIST_MAX) throw new DirectoryFault(`more than ${LIST_MAX} rows to list`);
  return rows;
}

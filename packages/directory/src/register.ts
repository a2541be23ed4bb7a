import type { Letter } from '@vratny/hosts';
import type { DomainName } from '@vratny/smtp';
import type { Domain, Mailbox, MailboxesAt } from './port.ts';

/** Who makes a change, for the audit: `mxctl:root`, `panel:owner@example.test`. */
export type Actor = string;

/** One line of the audit. */
export interface AuditEntry {
  readonly at: Date;
  readonly actor: Actor;
  /** `domain.add`, `domain.policy`, `mailbox.quota`, ... */
  readonly action: string;
  /** The domain or address that was changed. */
  readonly subject: string;
  /** What it was changed to, as a person would say it. */
  readonly detail: string;
}

/** An alias or a domain's catch-all. */
export interface Alias {
  /** `local@domain`, or `@domain` for a catch-all. */
  readonly address: string;
  /** Addresses of our own; at least one. */
  readonly targets: readonly string[];
}

/** Settings of a new domain. */
export interface DomainSettings {
  /** Another domain of ours, which is no alias itself. */
  readonly aliasOf?: DomainName;
  readonly mailboxes?: MailboxesAt;
}

/** Settings of a new mailbox. */
export interface MailboxSettings {
  readonly quotaBytes?: number;
  readonly antispam?: boolean;
  /** See `Mailbox.store`: from the operator only. */
  readonly store?: string;
}

/**
 * Changes and their audit, each in one transaction, for mxctl, panel and domains; what was stored, for mx. Methods reject with
 * {@link RegisterRefusal} when the change makes no sense (its message is for the person who asked), with `DirectoryFault` when it
 * could not be made. Addresses and names may be written in any case, domains also in U-labels. A change to what is already so
 * changes nothing and leaves no line in the audit. `postmaster@` and `abuse@` of a domain cannot be disabled and cannot have a quota.
 */
export interface Register {
  addDomain(name: DomainName, letter: Letter, actor: Actor, settings?: DomainSettings): Promise<Domain>;
  listDomains(): Promise<readonly Domain[]>;
  /**
   * Chooses another letter; hosts of the old one accept mail until `graceUntil`. One previous letter is kept: a second change during
   * the grace keeps the letter just left and forgets the one before it.
   */
  setPolicy(name: DomainName, letter: Letter, graceUntil: Date, actor: Actor): Promise<Domain>;
  /** Says who knows which mailboxes a domain has; null is what the site says. */
  setMailboxes(name: DomainName, mailboxes: MailboxesAt | null, actor: Actor): Promise<Domain>;
  addMailbox(address: string, settings: MailboxSettings, actor: Actor): Promise<Mailbox>;
  listMailboxes(domain: DomainName): Promise<readonly Mailbox[]>;
  /** Null takes the limit away. */
  setQuota(address: string, quotaBytes: number | null, actor: Actor): Promise<Mailbox>;
  setEnabled(address: string, enabled: boolean, actor: Actor): Promise<Mailbox>;
  setAntispam(address: string, antispam: boolean, actor: Actor): Promise<Mailbox>;
  /**
   * Names the store that a mailbox lies in, or with null the site's own. See `Mailbox.store`: the caller must be the operator, and has checked that it is
   * the URL of a delivery. What the mailbox holds stays where it is: moving it is the operator's work.
   */
  setStore(address: string, store: string | null, actor: Actor): Promise<Mailbox>;
  /** The stores that mailboxes name, each once, sorted; without the site's own. */
  listStores(): Promise<readonly string[]>;
  /** Points an address (or `@domain`, the catch-all) to mailboxes or aliases of ours; refused when that makes a loop or a target is not ours. */
  addAlias(address: string, targets: readonly string[], actor: Actor): Promise<Alias>;
  listAliases(domain: DomainName): Promise<readonly Alias[]>;
  /** Latest first, at most `limit`. */
  listAudit(limit: number): Promise<readonly AuditEntry[]>;
  /** A message of so many octets was stored; not audited. Unknown mailboxes are passed over. */
  addUsage(address: string, bytes: number): Promise<void>;
  /** The store was counted; not audited. */
  setUsage(address: string, bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** A change that makes no sense, in words for the person who asked. */
export class RegisterRefusal extends Error {
  override readonly name = 'RegisterRefusal';
}

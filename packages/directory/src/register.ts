import type { Letter } from '@vratny/hosts';
import type { DomainName } from '@vratny/smtp';
import type { Domain, EarlierLetter, Mailbox, MailboxesAt } from './port.ts';
import type { UsageChange } from './usage.ts';

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

/** A letter that was chosen for a domain at some time, and what looks at DNS showed of its hosts since. */
export interface AcceptedLetter extends EarlierLetter {
  /** The first of the looks in a row in which every name server left its hosts out. */
  readonly omittedSince?: Date;
  /** The largest TTL, in seconds, of MX records that were seen to name its hosts. */
  readonly oldTtlSeconds?: number;
}

/** What one look at the DNS of a domain showed of the hosts that serve a letter and not the present one. */
export interface LetterSight {
  readonly letter: Letter;
  /** `named`: a name server names one of them. `omitted`: every name server answered, and none does. */
  readonly sight: 'named' | 'omitted';
  /** The largest TTL, in seconds, of an answer of anybody that names them; of `omitted` a cache's, which is at most the TTL of the records. */
  readonly ttlSeconds?: number;
}

/** What the directory is to say of one name. What is left out stays as it is, or as it is for a new one. */
export type DirectoryRecord =
  | {
      readonly kind: 'domain';
      readonly name: DomainName;
      readonly letter?: Letter;
      /** Of a new domain whose letter is left out. */
      readonly defaultLetter: Letter;
      readonly previous?: NonNullable<Domain['previous']>;
      /** Letters whose hosts accept its mail besides; none is taken away. */
      readonly earlier?: readonly Letter[];
      readonly aliasOf?: DomainName;
      readonly mailboxes?: MailboxesAt;
    }
  | {
      readonly kind: 'mailbox';
      readonly address: string;
      /** Null takes the limit away. */
      readonly quotaBytes?: number | null;
      readonly antispam?: boolean;
      readonly enabled?: boolean;
      /** Null is the site's own. See `Mailbox.store`: from the operator only. */
      readonly store?: string | null;
    }
  | { readonly kind: 'alias'; readonly address: string; readonly targets: readonly string[] };

/** How records are written. */
export interface RecordOptions {
  /** When somebody should look whether the world has followed a letter that changes. */
  readonly graceUntil: Date;
  /** Everything is undone at the end. */
  readonly dryRun?: boolean;
}

/** A page of a list: names after `after`, in their order. */
export interface Page {
  readonly after?: string;
  readonly limit: number;
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
  /** One domain of ours. A refusal names the nearest one. */
  needDomain(name: DomainName): Promise<Domain>;
  /**
   * Chooses another letter. Hosts of every letter that was chosen before accept mail until the world was seen to have left them
   * ({@link Register.noteSights}); `graceUntil` is when somebody should look.
   */
  setPolicy(name: DomainName, letter: Letter, graceUntil: Date, actor: Actor): Promise<Domain>;
  /**
   * The same letter for many, in one transaction. Resolves with the changes that this took: none for those that have it. A refusal is a
   * {@link RecordRefusal}.
   */
  setPolicies(names: readonly string[], letter: Letter, graceUntil: Date, actor: Actor): Promise<readonly AuditEntry[]>;
  /** Every letter that was ever chosen for the domain, oldest first. */
  listAcceptedLetters(name: DomainName): Promise<readonly AcceptedLetter[]>;
  /**
   * Notes what a look at DNS showed of letters that were chosen before. A letter is left once every name server omitted its hosts in looks that span twice the
   * largest old TTL and at least a day, with no look between that found them named. A letter that is left stays so until it is chosen again.
   */
  noteSights(name: DomainName, sights: readonly LetterSight[], at: Date, actor: Actor): Promise<Domain>;
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
  /** Domains, or mailboxes or aliases of a domain, page by page: of lists of any length. */
  pageDomains(page: Page): Promise<readonly Domain[]>;
  pageMailboxes(domain: DomainName, page: Page): Promise<readonly Mailbox[]>;
  pageAliases(domain: DomainName, page: Page): Promise<readonly Alias[]>;
  /**
   * Makes the directory say what the records say, in their order and in one transaction. Resolves with the changes that this took, in the form of the audit:
   * none for what was so already. A refusal is a {@link RecordRefusal}.
   */
  putRecords(records: readonly DirectoryRecord[], actor: Actor, options: RecordOptions): Promise<readonly AuditEntry[]>;
  /** Takes domains, mailboxes and aliases out, in one transaction. A domain must be empty by then. */
  removeRecords(
    names: readonly { readonly kind: DirectoryRecord['kind']; readonly name: string }[],
    actor: Actor,
    options: Pick<RecordOptions, 'dryRun'>,
  ): Promise<readonly AuditEntry[]>;
  /** Latest first, at most `limit`. */
  listAudit(limit: number): Promise<readonly AuditEntry[]>;
  /** A message of so many octets was stored; not audited. Unknown mailboxes are passed over. */
  addUsage(address: string, bytes: number): Promise<void>;
  /** The store was counted; not audited. */
  setUsage(address: string, bytes: number): Promise<void>;
  /** The same of many, in one transaction. */
  writeUsage(changes: readonly UsageChange[]): Promise<void>;
  close(): Promise<void>;
}

/** A change that makes no sense, in words for the person who asked. */
export class RegisterRefusal extends Error {
  override readonly name = 'RegisterRefusal';
}

/** Which of several records makes no sense. */
export class RecordRefusal extends RegisterRefusal {
  /** From 0. */
  readonly index: number;

  constructor(message: string, index: number, options?: ErrorOptions) {
    super(message, options);
    this.index = index;
  }
}

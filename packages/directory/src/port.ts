import type { Letter } from '@vratny/hosts';
import type { Address, DomainName } from '@vratny/smtp';

/**
 * Who knows which mailboxes there are: the `directory`, or the mailbox `store`, which is asked at RCPT. In the second case a mailbox of the directory holds
 * settings only, and the directory knows letters, aliases and catch-alls.
 */
export type MailboxesAt = 'directory' | 'store';

/** A letter that was chosen for a domain before its present one. */
export interface EarlierLetter {
  readonly letter: Letter;
  /** When it was chosen; 1970 where nobody wrote it down. */
  readonly since: Date;
  /** When the world was seen to have left its hosts. They accept the domain's mail until then. */
  readonly seenLeft?: Date;
}

/** A domain that this cluster receives mail for. */
export interface Domain {
  readonly name: DomainName;
  /** The policy its owner chose. */
  readonly letter: Letter;
  /** The letter before the last change, and when somebody should look whether the world has followed. It ends nothing: see `earlier`. */
  readonly previous?: { readonly letter: Letter; readonly graceUntil: Date };
  /** Other letters that were chosen for it, oldest first; left out when there are none. Hosts of one accept its mail until the world has left them. */
  readonly earlier?: readonly EarlierLetter[];
  /** Its addresses are those of this other domain of ours; its letter is its own, since it has MX records of its own. */
  readonly aliasOf?: DomainName;
  /** Who knows which mailboxes it has; what the site says unless it is here. */
  readonly mailboxes?: MailboxesAt;
}

/** A mailbox as the directory knows it. */
export interface Mailbox {
  /** `local@domain` in lower case, without a tag. */
  readonly address: string;
  /** Octets it may hold; undefined is without limit. */
  readonly quotaBytes?: number;
  /** Octets it held when that was last written down; the store knows better. */
  readonly usedBytes: number;
  /**
   * The store that it lies in, as the URL of a delivery; undefined is the site's own. Hosts connect to whatever stands here and write to it, so it is the
   * operator's alone to set (`mxctl`): no domain owner, mailbox owner or user of the panel ever may.
   */
  readonly store?: string;
  readonly antispam: boolean;
  readonly enabled: boolean;
}

/**
 * Where mail to an address goes. `mailboxes`: at least one, each once, aliases followed to their ends. `unknown`: the domain is ours, the
 * address is not. `elsewhere`: the domain is not ours.
 */
export type Destination =
  | {
      readonly kind: 'mailboxes';
      readonly domain: Domain;
      readonly mailboxes: readonly Mailbox[];
      /**
       * Asks the directory itself; left out where it has just been asked. With it, this is what was known of the recipient: it may be out of date, and nothing
       * is refused for good by it. Rejects with {@link DirectoryFault}.
       */
      readonly askNow?: () => Promise<Destination>;
    }
  | { readonly kind: 'unknown'; readonly domain: Domain }
  | { readonly kind: 'elsewhere' };

/**
 * Look-ups, for mx. Every method rejects with {@link DirectoryFault} when the directory cannot tell; nothing else means "unknown". What is known at once is no
 * promise; a failure always is.
 */
export interface Directory {
  findDomain(name: DomainName): Domain | undefined | Promise<Domain | undefined>;
  /**
   * Follows, in this order: the mailbox or alias of the whole local part; of the part before an extension (`+tag`, RFC 5233, or after another sign that the site
   * names), the longest first; postmaster and
   * abuse, which always exist (RFC 5321 §4.5.1, RFC 2142 §4): their own row if any, else the mailbox `postmaster@domain` without
   * limit, always enabled; the domain's catch-all. Local parts compare as `localKey` of smtp says: without case, composed.
   * In a domain alias the other domain's addresses are looked up after its own. An alias with targets that do not exist leads to the others; with none that
   * does it is unknown; one that leads outside is a fault, since a part of its mail could not be served.
   */
  findDestination(address: Address): Destination | Promise<Destination>;
  /** The stores that mailboxes name, each once, sorted; without the site's own. */
  listStores(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The directory could not be asked, or gave no sensible answer. Its message is for the log, not for a stranger. */
export class DirectoryFault extends Error {
  override readonly name = 'DirectoryFault';
  /** True when there is no directory at all at the place that was named, or an empty one. */
  readonly missing: boolean;

  constructor(message: string, options: ErrorOptions & { readonly missing?: boolean } = {}) {
    super(message, options);
    this.missing = options.missing ?? false;
  }
}

import type { Generated } from 'kysely';

/** The tables of the newest migration, as kysely sees them. Booleans are 0 and 1, times are milliseconds since 1970. */
export interface Tables {
  domains: DomainRow;
  mailboxes: MailboxRow;
  aliases: AliasRow;
  audit: AuditRow;
  accepted_letters: AcceptedLetterRow;
}

interface DomainRow {
  name: string;
  letter: string;
  previous_letter: string | null;
  grace_until: number | null;
  alias_of: string | null;
  /** `directory` or `store`; null is the site's choice. */
  mailboxes: string | null;
}

interface MailboxRow {
  /** In the form of `addressKey`. */
  address: string;
  domain: string;
  local: string;
  /** Null is without limit. */
  quota_bytes: number | null;
  used_bytes: number;
  /** Null is the site's own. */
  store: string | null;
  antispam: number;
  enabled: number;
}

/** One row per target. */
interface AliasRow {
  /** In the form of `addressKey`; `@domain` is the catch-all. */
  address: string;
  domain: string;
  /** From 0, in the order given. */
  position: number;
  target: string;
}

interface AcceptedLetterRow {
  domain: string;
  letter: string;
  since: number;
  /** When the world was seen to have left its hosts; null until then. */
  seen_left: number | null;
  /** The first of the looks in a row in which every name server left its hosts out; null when the last look found them. */
  omitted_since: number | null;
  /** The largest TTL, in seconds, of records that named its hosts; null when none was seen. */
  old_ttl_seconds: number | null;
}

interface AuditRow {
  id: Generated<number>;
  at: number;
  actor: string;
  action: string;
  subject: string;
  detail: string;
}

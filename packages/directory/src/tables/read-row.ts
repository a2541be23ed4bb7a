import { isLetter, type Letter } from '@vratny/hosts';
import { DirectoryFault, type Domain, type Mailbox, type MailboxesAt } from '../port.ts';
import type { AcceptedLetter } from '../register.ts';

/** A row as SQLite gives it: any column could be anything. */
type Row = Readonly<Record<string, unknown>>;

/** A row of `domains`. @throws DirectoryFault when a column holds nonsense */
export function readDomainRow(row: Row): Domain {
  const previous =
    row['previous_letter'] === null
      ? {}
      : { previous: { letter: readLetter(row, 'previous_letter'), graceUntil: new Date(readNumber(row, 'grace_until')) } };
  return {
    name: readText(row, 'name'),
    letter: readLetter(row, 'letter'),
    ...previous,
    ...(row['alias_of'] === null ? {} : { aliasOf: readText(row, 'alias_of') }),
    ...(row['mailboxes'] === null ? {} : { mailboxes: readMailboxesAt(row) }),
  };
}

/** A row of `mailboxes`. @throws DirectoryFault when a column holds nonsense */
export function readMailboxRow(row: Row): Mailbox {
  return {
    address: readText(row, 'address'),
    ...(row['quota_bytes'] === null ? {} : { quotaBytes: readNumber(row, 'quota_bytes') }),
    usedBytes: readNumber(row, 'used_bytes'),
    ...(row['store'] === null ? {} : { store: readText(row, 'store') }),
    antispam: readNumber(row, 'antispam') === 1,
    enabled: readNumber(row, 'enabled') === 1,
  };
}

/** A row of `accepted_letters`. @throws DirectoryFault when a column holds nonsense */
export function readAcceptedLetter(row: {
  readonly letter: string;
  readonly since: number;
  readonly seen_left: number | null;
}): AcceptedLetter {
  const seenLeft = row.seen_left === null ? {} : { seenLeft: new Date(row.seen_left) };
  return { letter: readLetter(row, 'letter'), since: new Date(row.since), ...seenLeft };
}

/** A column of text. @throws DirectoryFault */
export function readText(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : fail(column, value);
}

function readNumber(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : fail(column, value);
}

function readLetter(row: Row, column: string): Letter {
  const value = readText(row, column);
  return isLetter(value) ? value : fail(column, value);
}

function readMailboxesAt(row: Row): MailboxesAt {
  const value = readText(row, 'mailboxes');
  return value === 'store' || value === 'directory' ? value : fail('mailboxes', value);
}

function fail(column: string, value: unknown): never {
  throw new DirectoryFault(`column ${column} holds ${String(value).slice(0, 100)}`);
}

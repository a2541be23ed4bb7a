import type { PresetName } from '@vratny/directory/adopted';

/** A program that keeps domains and mailboxes in a database: its tables, and what it writes for each change. The SQL serves both kinds of database. */
export interface HostingProgram {
  readonly preset: PresetName;
  readonly databases: readonly ('mysql' | 'postgres')[];
  readonly schema: (kind: 'mysql' | 'postgres') => string;
  readonly addDomain: (name: string) => string;
  /** Undefined where it has no such thing. */
  readonly addDomainAlias?: (name: string, of: string) => string;
  readonly addMailbox: (mailbox: NewMailbox) => string;
  readonly addAlias: (address: string, targets: readonly string[]) => string;
  readonly disable: (address: string) => string;
  /** Undefined where it does not know how much a mailbox holds. */
  readonly setUsed?: (address: string, octets: number) => string;
  /** What only it has. */
  readonly peculiar: Peculiarity;
}

/** What a program writes for things that others lack, beside the site of the contract suite, and who gets what then. */
interface Peculiarity {
  readonly write: readonly string[];
  readonly answers: readonly (readonly [rule: string, address: string, answer: string])[];
}

/** A mailbox as a program is given it. */
export interface NewMailbox {
  readonly address: string;
  readonly local: string;
  readonly domain: string;
  /** A whole number of MiB; 0 is without limit. */
  readonly quotaBytes: number;
}

/** A text as SQL writes it. */
export function q(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The domain of an address. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

import { DEFAULT_LETTER, isLetter } from '@vratny/hosts';
import { addressKey, normaliseDomain, parseAddress } from '@vratny/smtp';
import { ALIAS_TARGETS_MAX } from '../limits.ts';
import { DirectoryFault, type Domain, type Mailbox } from '../port.ts';
import type { Entry } from '../store.ts';
import { readEarlierLetters } from '../tables/earlier-letters.ts';
import { columnText, type SqlRow } from './sql.ts';

/** What the databases of others hold at one address. */
interface Gathered {
  mailbox?: Mailbox;
  readonly targets: Set<string>;
  /** Targets that stand for something else than an address. */
  readonly special: Set<string>;
}

/** How the values of a preset are read. */
export interface RowReading {
  /**
   * Targets of an address that stand for something else than an address (an autoresponder, a discarding): they are passed over where mail has another place to
   * go. Where it has none they lead outside, to the program that knows what to do with them: mail is neither refused nor lost.
   */
  readonly ignored?: (target: string, address: string) => boolean;
}

/** The domains that rows of the `domain` statement name, by name. A row that is an alias wins over one that is not. @throws DirectoryFault */
export function readDomains(rows: readonly SqlRow[]): ReadonlyMap<string, Domain> {
  const found = new Map<string, Domain>();
  for (const row of rows) {
    const name = normaliseDomain(readText(row, 'name'));
    if (name === undefined) continue;
    const before = found.get(name);
    if (before?.aliasOf === undefined) found.set(name, readDomain(row, name));
  }
  return found;
}

function readDomain(row: SqlRow, name: string): Domain {
  const letter = columnText(row, 'letter')?.toLowerCase() ?? DEFAULT_LETTER;
  const mailboxes = columnText(row, 'mailboxes')?.toLowerCase();
  const written = columnText(row, 'alias_of');
  const aliasOf = written === undefined ? undefined : normaliseDomain(written);
  if (!isLetter(letter)) throw wrong('letter', row);
  if (mailboxes !== undefined && mailboxes !== 'store' && mailboxes !== 'directory') throw wrong('mailboxes', row);
  if (written !== undefined && aliasOf === undefined) throw wrong('alias_of', row);
  return {
    name,
    letter,
    ...readPrevious(row),
    ...readEarlier(row),
    ...(aliasOf === undefined || aliasOf === name ? {} : { aliasOf }),
    ...(mailboxes === undefined ? {} : { mailboxes }),
  };
}

/** Of our own tables only. */
function readPrevious(row: SqlRow): Pick<Domain, 'previous'> {
  const letter = columnText(row, 'previous_letter');
  if (letter === undefined) return {};
  if (!isLetter(letter)) throw wrong('previous_letter', row);
  return { previous: { letter, graceUntil: new Date(optionalNumber(row, 'grace_until') ?? 0) } };
}

/** Of our own tables only. A copy that an older program made has no column for it: what it knew of is the letter before. */
function readEarlier(row: SqlRow): Pick<Domain, 'earlier'> {
  const text = columnText(row, 'earlier');
  if (text !== undefined) return { earlier: readEarlierLetters(text) };
  const { previous } = readPrevious(row);
  if (previous === undefined || 'earlier' in row) return {};
  return { earlier: [{ letter: previous.letter, since: new Date(0) }] };
}

/**
 * The entries that rows of the `address` statement make, by address. Addresses are compared octet by octet once they are normalised: a database may take
 * `müller` for `muller`. A mailbox that is also an alias of itself is a mailbox, and gets a copy where it is an alias of others too. @throws DirectoryFault
 */
export function readEntries(rows: readonly SqlRow[], { ignored = () => false }: RowReading = {}): ReadonlyMap<string, Entry> {
  const gathered = new Map<string, Gathered>();
  for (const row of rows) {
    const address = readAddressColumn(readText(row, 'address'));
    if (address === undefined) continue;
    const one: Gathered = gathered.get(address) ?? { targets: new Set(), special: new Set() };
    gathered.set(address, one);
    const kind = readText(row, 'kind');
    if (kind === 'mailbox') one.mailbox = readMailbox(row, address);
    else if (kind !== 'alias') throw wrong('kind', row);
    else for (const target of readTargets(row)) (ignored(target, address) ? one.special : one.targets).add(target);
  }
  return new Map([...gathered].flatMap(([address, one]) => toEntry(address, one)));
}

function toEntry(address: string, { mailbox, targets, special }: Gathered): readonly (readonly [string, Entry])[] {
  const hasPlace = mailbox !== undefined || targets.size > 0;
  const others = [...(hasPlace ? targets : special)].filter((target) => target !== address);
  const keeps = targets.size === 0 || targets.has(address);
  if (others.length === 0) return mailbox === undefined ? [] : [[address, { kind: 'mailbox', mailbox }]];
  if (others.length > ALIAS_TARGETS_MAX) throw new DirectoryFault(`alias ${address} has more than ${ALIAS_TARGETS_MAX} targets`);
  const own = keeps && mailbox?.enabled === true ? { own: mailbox } : {};
  return [[address, { kind: 'alias', targets: others, ...own }]];
}

function readMailbox(row: SqlRow, address: string): Mailbox {
  const quotaBytes = optionalNumber(row, 'quota_bytes');
  const store = columnText(row, 'store');
  return {
    address,
    ...(quotaBytes === undefined || quotaBytes <= 0 ? {} : { quotaBytes }),
    usedBytes: Math.max(0, optionalNumber(row, 'used_bytes') ?? 0),
    ...(store === undefined ? {} : { store }),
    antispam: optionalBoolean(row, 'antispam') ?? false,
    enabled: optionalBoolean(row, 'enabled') ?? true,
  };
}

/** Targets of one row, separated by commas or white space as in Postfix's tables. What is no address stays as it is: it leads outside. */
function readTargets(row: SqlRow): readonly string[] {
  const written = columnText(row, 'target') ?? '';
  const targets = written.split(/[,\s]+/u).filter((target) => target !== '');
  return targets.map((target) => readAddressColumn(target) ?? target);
}

/** An address, or `@domain`, in the form of `addressKey`; undefined when it is none of ours could be. */
export function readAddressColumn(written: string): string | undefined {
  if (written.startsWith('@')) {
    const domain = normaliseDomain(written.slice(1));
    return domain && `@${domain}`;
  }
  const address = parseAddress(written, { utf8: true });
  return typeof address === 'string' || address.literal !== undefined ? undefined : addressKey(address);
}

function readText(row: SqlRow, column: string): string {
  return columnText(row, column) ?? fail(column, row);
}

function optionalNumber(row: SqlRow, column: string): number | undefined {
  const text = columnText(row, column);
  if (text === undefined) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? Math.min(Math.floor(number), Number.MAX_SAFE_INTEGER) : fail(column, row);
}

const YES: ReadonlySet<string> = new Set(['1', 'true', 't', 'y', 'yes', 'on']);
const NO: ReadonlySet<string> = new Set(['0', 'false', 'f', 'n', 'no', 'off']);

function optionalBoolean(row: SqlRow, column: string): boolean | undefined {
  const text = columnText(row, column)?.toLowerCase();
  if (text === undefined) return undefined;
  if (YES.has(text)) return true;
  return NO.has(text) ? false : fail(column, row);
}

function fail(column: string, row: SqlRow): never {
  throw wrong(column, row);
}

function wrong(column: string, row: SqlRow): DirectoryFault {
  if (!(column in row))
    return new DirectoryFault(`the statement gives no column ${column}; it gives ${Object.keys(row).slice(0, 20).join(', ')}`);
  return new DirectoryFault(`column ${column} holds ${(columnText(row, column) ?? 'nothing').slice(0, 100)}`);
}

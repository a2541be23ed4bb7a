import type { CopiedState, CopySource } from '../copy/copy-source.ts';
import { splitAddress } from '../find-destination.ts';
import { ASKED_AT_ONCE_MAX, LISTED_AT_ONCE } from '../limits.ts';
import { DirectoryFault, type Domain } from '../port.ts';
import type { Source } from './gather.ts';
import { type RowReading, readDomains, readEntries } from './read-rows.ts';
import { columnText, type PlaceStyle, type Plan, type Rendered, type Sql, type SqlRow, type SqlState, type SqlValue } from './sql.ts';

/** What is asked of a database; see `Preset`. */
export interface StatementTexts extends RowReading {
  readonly domain: string;
  readonly address: string;
  readonly domains?: readonly string[];
  readonly addresses?: readonly string[];
  /** The stores that mailboxes name, by `:limit`. */
  readonly stores?: string;
  /** One row with a column `version`, which differs after every change. */
  readonly version?: string;
  /**
   * Names of domains and addresses (`subject`) that changed after the version `:after`, with the version that each change made, at most `:limit` rows. The first is the
   * change that made `:after` itself, when there was one: else that is no version of this database. A name `*` is anything.
   */
  readonly changes?: string;
}

/** A database of somebody else's, by its statements. */
export interface AskedDatabase extends Source, CopySource {
  /** How both statements would be run with a name that nobody has, for the operator. Rejects with `DirectoryFault` where one does not work. */
  explain(): Promise<readonly StatementPlan[]>;
  /** Domains sorted by name, where the database can list them. */
  readonly listings: { readonly listDomains?: (limit: number) => Promise<readonly Domain[]> };
  /** A directory of ours in another database, with what this one lacks. */
  readonly overlay?: AskedDatabase;
  close(): Promise<void>;
}

/** How it is described in a copy of it. */
export type AskedDescription = Pick<CopySource, 'asked'>;

/** A statement of the site file, and how it would be run. */
export interface StatementPlan extends Plan {
  readonly statement: 'domain' | 'address';
}

/** Values of `:domain`. */
const DOMAIN_VALUES = ['domain'] as const;
/** Values of the statement of addresses. */
const ADDRESS_VALUES = ['address', 'domain', 'local'] as const;

/** Asks a database by statements. @throws DirectoryFault when a statement is none */
export function createAskedDatabase(sql: Sql, texts: StatementTexts, { asked }: AskedDescription): AskedDatabase {
  const domain = readStatement('domain', texts.domain, DOMAIN_VALUES);
  const address = readStatement('address', texts.address, ADDRESS_VALUES);
  const lists = (texts.domains ?? []).map((text) => readStatement('domains', text, ['after', 'limit']));
  const addressLists = (texts.addresses ?? []).map((text) => readStatement('addresses', text, ['after', 'limit']));
  const stores = texts.stores === undefined ? undefined : readStatement('stores', texts.stores, ['limit']);
  const follow = createFollowing(sql.style, texts);
  const rendering = (statement: Statement, sets: readonly Record<string, string | number>[]) => renderStatement(statement, sets, sql.style);
  const ask = (statement: Statement, sets: readonly Record<string, string | number>[]) => sql.query(rendering(statement, sets));
  const stateOf = (state: SqlState): CopiedState => {
    const within = (statement: Statement, sets: readonly Record<string, string | number>[]) => state.query(rendering(statement, sets));
    async function* allPages(name: string, statements: readonly Statement[], key: string): AsyncGenerator<readonly SqlRow[]> {
      if (statements.length === 0) throw new DirectoryFault(`a copy needs statements that list; there is none for ${name}`);
      for (const statement of statements) yield* listPages(within, statement, key);
    }
    return {
      domainRows: () => allPages('domains', lists, 'name'),
      addressRows: () => allPages('addresses', addressLists, 'address'),
      ...follow(state),
      rowsOf: async ({ domains, addresses }) => ({
        domains: await inParts(domains, (names) => within(domain, names.map(domainOf))),
        addresses: await inParts(addresses, (names) => within(address, names.map(valuesOf))),
      }),
    };
  };
  const listDomains = async (limit: number): Promise<readonly Domain[]> => {
    const listed: (readonly SqlRow[])[] = [];
    for (const list of lists) listed.push(await listRows(ask, list, 'name', limit));
    return [...readDomains(listed.flat()).values()].sort((one, other) => (one.name < other.name ? -1 : 1)).slice(0, limit);
  };
  const explain = async (name: StatementPlan['statement'], statement: Statement): Promise<StatementPlan> => {
    const rendered = renderStatement(statement, [MADE_UP], sql.style);
    await sql.query(rendered);
    return { statement: name, ...(await sql.explain(rendered)) };
  };
  return {
    findDomains: async (names) => only(names, readDomains(await ask(domain, names.map(domainOf)))),
    findEntries: async (addresses) => only(addresses, readEntries(await ask(address, addresses.map(valuesOf)), texts)),
    hasDomains: async () => lists.length === 0 || (await listDomains(1)).length > 0,
    listStores: async (limit) => {
      const rows = stores === undefined ? [] : await sql.query(renderStatement(stores, [{ limit }], sql.style));
      return rows.flatMap((row) => columnText(row, 'store') ?? []);
    },
    asked,
    snapshot: (work, signal) => sql.snapshot((state) => work(stateOf(state)), signal),
    listings: lists.length === 0 ? {} : { listDomains },
    explain: async () => {
      await sql.snapshot(async (state) => follow(state).version?.());
      return [await explain('domain', domain), await explain('address', address)];
    },
    close: () => sql.close(),
  };
}

/** What tells that something changed. @throws DirectoryFault when a statement is none */
function createFollowing(style: PlaceStyle, texts: StatementTexts): (state: SqlState) => Pick<CopiedState, 'version' | 'changedSince'> {
  const version = texts.version === undefined ? undefined : readStatement('version', texts.version, []);
  const changes = texts.changes === undefined ? undefined : readStatement('changes', texts.changes, ['after', 'limit']);
  const versionOf = async (statement: Statement, state: SqlState): Promise<string> => {
    const rows = await state.query(renderStatement(statement, [{}], style));
    return JSON.stringify([await state.identity(), readVersion(rows)]);
  };
  const listChanges = async (statement: Statement, state: SqlState, held: string, limit: number) => {
    const [identity, after] = JSON.parse(held) as readonly [string, string];
    if (identity !== (await state.identity())) return undefined;
    const rows = await state.query(renderStatement(statement, [{ after, limit }], style));
    if (rows.length >= limit) return undefined;
    const isFirst = after === NO_VERSION;
    // What made it is gone or is something else: the database went back, and its numbers came again.
    if (!isFirst && columnText(rows[0], 'version') !== after) return undefined;
    const subjects = rows.slice(isFirst ? 0 : 1).flatMap((row) => columnText(row, 'subject') ?? []);
    return subjects.includes('*') ? undefined : subjects;
  };
  return (state) => ({
    ...(version === undefined ? {} : { version: () => versionOf(version, state) }),
    ...(changes === undefined ? {} : { changedSince: (held, limit) => listChanges(changes, state, held, limit) }),
  });
}

function domainOf(name: string): { readonly domain: string } {
  return { domain: name };
}

async function inParts(
  names: readonly string[],
  work: (some: readonly string[]) => Promise<readonly SqlRow[]>,
): Promise<readonly SqlRow[]> {
  const rows: SqlRow[] = [];
  for (let from = 0; from < names.length; from += ASKED_AT_ONCE_MAX)
    rows.push(...(await work(names.slice(from, from + ASKED_AT_ONCE_MAX))));
  return rows;
}

/** An empty table has a version too, when the statement gives a row for it. @throws DirectoryFault for what is no version: a date tells no two changes of a second apart */
function readVersion([row]: readonly SqlRow[]): string {
  if (row === undefined) throw new DirectoryFault('directory.version: the statement gives no row');
  if (!('version' in row))
    throw new DirectoryFault(
      `directory.version: the statement gives no column version; it gives ${Object.keys(row).slice(0, 20).join(', ')}`,
    );
  const text = columnText(row, 'version');
  if (text === undefined && row['version'] !== null)
    throw new DirectoryFault('directory.version: must be a whole number or a text that differs after each change, and not a date');
  return text ?? NO_VERSION;
}

/** The version of a database in which nothing was ever changed. */
const NO_VERSION = '0';

/** A name that nobody can have (RFC 6761 §6.4). */
const MADE_UP = { ...valuesOf('nobody-has-this-name@vratny-check.invalid') };

function valuesOf(address: string): { readonly address: string; readonly domain: string; readonly local: string } {
  return { address, ...splitAddress(address) };
}

/** What was asked for, and nothing that a database takes for the same. */
function only<T>(asked: readonly string[], found: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map(asked.flatMap((name) => (found.has(name) ? [[name, found.get(name) as T] as const] : [])));
}

function readStatement(name: string, text: string, known: readonly string[]): Statement {
  const statement = parseStatement(text, known);
  if (typeof statement === 'string') throw new DirectoryFault(`directory.${name}: ${statement}`);
  return statement;
}

/**
 * The rows of a statement that lists by `:after` and `:limit`, page by page, at most `max`. The key of the last row of a page begins the next one; rows of one
 * key may stand in several, as the targets of an alias do. Rejects with `DirectoryFault`.
 */
async function listRows(ask: Ask, statement: Statement, key: string, max: number): Promise<readonly SqlRow[]> {
  const found: SqlRow[] = [];
  for await (const page of listPages(ask, statement, key, Math.min(max, LISTED_AT_ONCE))) {
    found.push(...page);
    if (found.length >= max) break;
  }
  return found;
}

/** Asks with these sets of values. */
type Ask = (statement: Statement, sets: readonly Record<string, string | number>[]) => Promise<readonly SqlRow[]>;

/** The same, as pages. */
async function* listPages(ask: Ask, statement: Statement, key: string, limit = LISTED_AT_ONCE): AsyncGenerator<readonly SqlRow[]> {
  for (let after = ''; ; ) {
    const rows = await ask(statement, [{ after, limit }]);
    const keyOf = (row: SqlRow | undefined): string => columnText(row, key) ?? '';
    const last = keyOf(rows.at(-1));
    if (rows.length < limit) {
      yield rows;
      return;
    }
    // The last key may go on in the next page.
    const whole = limit === 1 ? rows : rows.filter((row) => keyOf(row) !== last);
    if (whole.length === 0) throw new DirectoryFault(`more than ${limit} rows of ${last}`);
    yield whole;
    after = keyOf(whole.at(-1));
  }
}

/** A statement of the site file, read: its text between the parameters, and their names. */
interface Statement {
  /** One more than there are parameters. */
  readonly texts: readonly string[];
  readonly parameters: readonly string[];
}

/** Quoted texts and names, comments, casts, parameters, and what ends or numbers: everything in which a colon may stand. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|::\s*\w+|:([A-Za-z_]\w*)|([;?])|(\$\d+)/gu;

/**
 * Reads one SELECT with parameters such as `:address`. Values are bound, never written into the text.
 * @returns the statement, or in words what is wrong with it
 */
export function parseStatement(text: string, known: readonly string[]): Statement | string {
  const sql = text.trim().replace(/;\s*$/u, '');
  if (!/^(?:select|with)\b/iu.test(sql)) return 'must be one SELECT statement';
  const texts: string[] = [];
  const parameters: string[] = [];
  let from = 0;
  for (const match of sql.matchAll(TOKEN)) {
    const [token, name, sign, number] = match;
    if (sign === ';') return 'must be one statement';
    if (sign !== undefined || number !== undefined) return `holds ${token} outside quotes: values are written ${sayNames(known)}`;
    if (name === undefined) continue;
    if (!known.includes(name)) return `holds :${name}; what it may hold is ${sayNames(known)}`;
    texts.push(sql.slice(from, match.index));
    parameters.push(name);
    from = match.index + token.length;
  }
  if (parameters.length === 0 && known.length > 0) return `holds none of ${sayNames(known)}: it would read a whole table each time`;
  return { texts: [...texts, sql.slice(from)], parameters };
}

function sayNames(names: readonly string[]): string {
  return names.length === 0 ? 'nothing of the kind' : names.map((name) => `:${name}`).join(', ');
}

/** The statement for each of several sets of values, as one question. */
export function renderStatement(statement: Statement, sets: readonly Readonly<Record<string, SqlValue>>[], style: PlaceStyle): Rendered {
  const values: SqlValue[] = [];
  const place = (value: SqlValue): string => {
    values.push(value);
    return style === 'dollar' ? `$${values.length}` : '?';
  };
  const write = (set: Readonly<Record<string, SqlValue>>): string =>
    statement.texts
      .map((text, at) => text + (at < statement.parameters.length ? place(set[statement.parameters[at] ?? ''] ?? '') : ''))
      .join('');
  const [only] = sets;
  if (sets.length === 1 && only !== undefined) return { sql: write(only), values };
  return { sql: sets.map((set, at) => `SELECT * FROM (${write(set)}\n) AS q${at}`).join('\nUNION ALL '), values };
}

import { join } from 'node:path';
import { DirectoryFault } from '@vratny/directory';
import { createBootClock, followChanges, keepCopy, loadCopy } from '@vratny/directory/adopted';
import { directoryContract, type OpenDirectory, registerContract } from '@vratny/directory/contract';
import { openPostgresDatabase, openPostgresDirectory, openPostgresRegister, type PostgresOptions } from '@vratny/directory/postgres';
import { parseAddress } from '@vratny/smtp';
import { type SqlSession, startDatabase, type TestDatabase, unreachable } from '@vratny/support/database';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { afterAll, beforeAll, expect, it } from 'vitest';

let database: TestDatabase;
let count = 0;

beforeAll(async () => {
  database = await startDatabase('postgres');
}, 120_000);
afterAll(async () => {
  shared?.session.close();
  await database[Symbol.asyncDispose]();
});

const now = (): Date => new Date();

/** An empty database, as the account that owns it reaches it. */
function makeDatabase(): { readonly name: string; readonly servers: PostgresOptions['servers'] } {
  const name = `register${count++}`;
  database.create(name, '');
  const servers = database.reader(name).servers.map((server) => ({ ...server, user: 'postgres' }));
  return { name, servers };
}

/** One database for all tests of the contract, emptied for each. */
let shared: (ReturnType<typeof makeDatabase> & { readonly session: SqlSession }) | undefined;

function makeShared() {
  const made = makeDatabase();
  return { ...made, session: database.session(made.name) };
}

async function openEmpty(clock: () => Date) {
  shared ??= makeShared();
  const { name, servers, session } = shared;
  const register = await openPostgresRegister({ servers, now: clock });
  await session.run('GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; TRUNCATE domains, mailboxes, aliases, audit, accepted_letters');
  return { register, servers: database.reader(name).servers };
}

/** The register by the owner, the look-ups by an account that may only read. */
const open: OpenDirectory = async (clock) => {
  const { register, servers } = await openEmpty(clock);
  const directory = openPostgresDirectory({ servers });
  return {
    register,
    directory,
    cleanUp: async () => {
      await directory.close();
      await register.close();
    },
  };
};

directoryContract('our own tables in PostgreSQL', open);
registerContract('our own tables in PostgreSQL', open);

/** The same through a local copy, which is loaded before each question. */
const openCopied: OpenDirectory = async (clock) => {
  const { register, servers } = await openEmpty(clock);
  const folder = makeTemporaryFolder('copy');
  const path = join(folder.path, 'copy.db');
  const source = openPostgresDatabase({ servers });
  const directory = openPostgresDirectory({ servers, copy: path });
  const load = () => loadCopy({ path, source, now, accept: () => true });
  return {
    register,
    directory: {
      ...directory,
      findDomain: async (domain) => {
        await load();
        return directory.findDomain(domain);
      },
      findDestination: async (address) => {
        await load();
        return directory.findDestination(address);
      },
    },
    cleanUp: async () => {
      await directory.close();
      await source.close();
      await register.close();
      folder.remove();
    },
  };
};

directoryContract('our own tables in PostgreSQL, by a local copy', openCopied);

it('is made only where that is asked for, migrated by two at once, and does not touch what belongs to something else', async () => {
  const { name, servers } = makeDatabase();
  await expect(openPostgresRegister({ servers, now, whenMissing: 'reject' })).rejects.toThrow('mxctl init makes one, mx never does');
  const opened = await Promise.all([openPostgresRegister({ servers, now }), openPostgresRegister({ servers, now })]);
  for (const register of opened) await register.close();
  database.sql(
    'DELETE FROM directory_migrations WHERE number > 2; DROP TABLE accepted_letters; ALTER TABLE domains DROP COLUMN alias_of, DROP COLUMN mailboxes',
    name,
  );
  await expect(openPostgresRegister({ servers, now, whenMissing: 'reject' })).rejects.toThrow('mxctl migrate brings it up to date');
  await (await openPostgresRegister({ servers, now, whenMissing: 'reject', migrates: true })).close();
  database.sql("INSERT INTO directory_migrations VALUES (99, 'later', 0)", name);
  await expect(openPostgresRegister({ servers, now })).rejects.toThrow('a newer program made it');
  database.sql('DROP TABLE directory_migrations', name);
  await expect(openPostgresRegister({ servers, now })).rejects.toThrow('this database belongs to something else');
});

it('takes the changes of many at once, each with its line of the audit, and undoes what fails', async () => {
  const { name, servers } = makeDatabase();
  const registers = await Promise.all(Array.from({ length: 4 }, () => openPostgresRegister({ servers, now })));
  await registers[0]?.addDomain('one.test', 'a', 'test');
  const added = await Promise.allSettled(
    registers.flatMap((register) => Array.from({ length: 10 }, (_, at) => register.addMailbox(`m${at}@one.test`, {}, 'test'))),
  );
  expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  expect(await registers[0]?.listMailboxes('one.test')).toHaveLength(10);
  expect(await registers[0]?.listAudit(100)).toHaveLength(11);
  // The audit cannot be written: neither can what it tells.
  database.sql('ALTER TABLE audit RENAME TO elsewhere', name);
  await expect(registers[0]?.addMailbox('new@one.test', {}, 'test')).rejects.toThrow(DirectoryFault);
  expect(await registers[1]?.listMailboxes('one.test')).toHaveLength(10);
  for (const register of registers) await register.close();
});

it('is a fault while the server is away, and right again when it is back', async () => {
  const { name, servers } = makeDatabase();
  const register = await openPostgresRegister({ servers, now });
  await register.addDomain('one.test', 'a', 'test');
  await register.addMailbox('alice@one.test', {}, 'test');
  database.sql('GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader', name);
  const directory = openPostgresDirectory({ servers: database.reader(name).servers });
  const ask = async (written: string): Promise<string> => {
    const address = parseAddress(written, { utf8: true });
    if (typeof address === 'string') throw new Error(address);
    return (await directory.findDestination(address)).kind;
  };
  expect(await ask('alice@one.test')).toBe('mailboxes');
  await database.whileAway(async () => {
    expect(await ask('alice@one.test')).toBe('mailboxes');
    await expect(ask('bob@one.test')).rejects.toThrow(DirectoryFault);
    await expect(register.addMailbox('bob@one.test', {}, 'test')).rejects.toThrow(/^directory postgres:\/\/reader@/u);
  });
  await expect.poll(() => ask('bob@one.test').catch(() => 'fault'), { timeout: 30_000 }).toBe('unknown');
  await register.addMailbox('carol@one.test', {}, 'test');
  expect(await ask('carol@one.test')).toBe('mailboxes');
  await directory.close();
  await register.close();
});

/** Rows enough for two pages of a load; `between` is done after the first. */
async function loadWhile(between: (sql: (text: string) => string) => void) {
  const { name, servers } = makeDatabase();
  const register = await openPostgresRegister({ servers, now });
  await register.addDomain('one.test', 'a', 'test');
  await register.addMailbox('alice@one.test', {}, 'test');
  await register.addAlias('sales@one.test', ['alice@one.test'], 'test');
  await register.close();
  const sql = (text: string): string => database.sql(text, name);
  sql('GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader');
  const folder = makeTemporaryFolder('copy');
  const path = join(folder.path, 'copy.db');
  const source = openPostgresDatabase({ servers: database.reader(name).servers });
  const { servers: away } = unreachable(database.reader(name));
  const directory = openPostgresDirectory({ servers: away, copy: path });
  let isFirst = true;
  const onProgress = (): void => {
    if (isFirst) between(sql);
    isFirst = false;
  };
  await loadCopy({ path, source, now, onProgress });
  return {
    sql,
    path,
    source,
    directory,
    [Symbol.asyncDispose]: async () => {
      await directory.close();
      await source.close();
      folder.remove();
    },
  };
}

it('a load is of one moment, and the changes after it are those that it lacks', async () => {
  // The mailbox has been read, its alias has not.
  await using at = await loadWhile((sql) => sql('DELETE FROM aliases; DELETE FROM mailboxes'));
  expect(await at.directory.findDestination({ local: 'sales', domain: 'one.test' })).toMatchObject({ kind: 'mailboxes' });
  const following = { path: at.path, source: at.source, now, clock: createBootClock() };
  // It was by hand: only a load tells what.
  expect(await followChanges(following)).toBe('load');
  expect(await loadCopy({ path: at.path, source: at.source, now })).toMatchObject({ domains: 1, addresses: 0 });
  expect(await followChanges(following)).toBe('proved');
});

it('a version tells nothing across a restart, tables that were made anew, or an audit that went back and came again', async () => {
  await using at = await loadWhile(() => undefined);
  const following = { path: at.path, source: at.source, now, clock: createBootClock() };
  const load = () => loadCopy({ path: at.path, source: at.source, now });
  expect(await followChanges(following)).toBe('proved');
  await database.whileAway(async () => undefined);
  expect(await followChanges(following)).toBe('load');
  await load();
  expect(await followChanges(following)).toBe('proved');
  at.sql(
    'CREATE TABLE aliases2 (LIKE aliases); DROP TABLE aliases; ALTER TABLE aliases2 RENAME TO aliases; GRANT SELECT ON aliases TO reader',
  );
  expect(await followChanges(following)).toBe('load');
  await load();
  // A backup is played back into the tables, and others come in the place of the changes after it.
  at.sql(`SET vratny.noted = 'yes'; DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)`);
  expect(await followChanges(following)).toBe('load');
  await load();
  const insert = (id: number, subject: string): string =>
    `INSERT INTO audit (id, at, actor, action, subject, detail) OVERRIDING SYSTEM VALUE VALUES (${id}, 1, 'x', 'x', '${subject}', '')`;
  at.sql(insert(100, 'alice@one.test'));
  expect(await followChanges(following)).toBe('proved');
  at.sql(`DELETE FROM audit WHERE id = 100; ${insert(100, 'bob@one.test')}; ${insert(101, 'carol@one.test')}`);
  expect(await followChanges(following)).toBe('load');
});

it('a copy that is proved to be what the database says answers for everybody, takes changes within seconds, and refuses nobody while the database is away', async () => {
  const { name, servers } = makeDatabase();
  await using stack = new AsyncDisposableStack();
  const register = stack.adopt(await openPostgresRegister({ servers, now }), (one) => one.close());
  await register.addDomain('one.test', 'a', 'test');
  await register.addMailbox('alice@one.test', {}, 'test');
  database.sql('GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader', name);
  const folder = stack.use(makeTemporaryFolder('copy'));
  const path = join(folder.path, 'copy.db');
  const source = stack.adopt(openPostgresDatabase({ servers: database.reader(name).servers }), (one) => one.close());
  const ending = new AbortController();
  const troubles: string[] = [];
  const soon = { restMs: 500, awayMs: 500 };
  const keeping = keepCopy({ path, source, now, signal: ending.signal, onTrouble: (detail) => troubles.push(detail), ...soon });
  stack.defer(async () => {
    ending.abort();
    await keeping;
  });
  // It cannot reach the database: all that it says comes from the copy.
  const { servers: away } = unreachable(database.reader(name));
  const directory = stack.adopt(openPostgresDirectory({ servers: away, copy: path }), (one) => one.close());
  const ask = async (local: string): Promise<string> => {
    try {
      return (await directory.findDestination({ local, domain: 'one.test' })).kind;
    } catch {
      return 'fault';
    }
  };
  const becomes = (local: string, kind: string) => expect.poll(() => ask(local), { timeout: 30_000 }).toBe(kind);
  await becomes('bob', 'unknown');
  await register.addMailbox('bob@one.test', {}, 'test');
  await becomes('bob', 'mailboxes');
  await register.removeRecords([{ kind: 'mailbox', name: 'alice@one.test' }], 'test', {});
  await register.addAlias('sales@one.test', ['bob@one.test'], 'test');
  await becomes('sales', 'mailboxes');
  await becomes('alice', 'unknown');
  await register.setPolicy('one.test', 'b', new Date(0), 'test');
  const letter = async (): Promise<string | undefined> => (await directory.findDomain('one.test'))?.letter;
  await expect.poll(letter, { timeout: 30_000 }).toBe('b');
  // By hand, past the program.
  const hand = (sql: string): void => void database.sql(sql, name);
  hand("INSERT INTO mailboxes (address, domain, local, antispam, enabled) VALUES ('hand@one.test', 'one.test', 'hand', 0, 1)");
  await becomes('hand', 'mailboxes');
  hand("UPDATE mailboxes SET used_bytes = 5; DELETE FROM mailboxes WHERE local = 'hand'");
  await becomes('hand', 'unknown');
  const audited = (await register.listAudit(2)).map(({ actor, action, detail }) => [actor, action, detail]);
  expect(audited).toEqual(['delete', 'insert'].map((what) => ['sql:postgres', `sql.${what}`, 'mailboxes']));
  expect(troubles).toEqual([]);
  await database.whileAway(async () => {
    await becomes('alice', 'fault');
    expect(await ask('bob')).toBe('mailboxes');
  });
  await becomes('alice', 'unknown');
}, 120_000);

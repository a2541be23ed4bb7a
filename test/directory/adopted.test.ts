import { join } from 'node:path';
import type { Directory, Register } from '@vratny/directory';
import { findPreset, loadCopy, openAdoptedDatabase, openAdoptedDirectory } from '@vratny/directory/adopted';
import { answer, directoryContract, fillSite, type Opened } from '@vratny/directory/contract';
import { openPostgresRegister } from '@vratny/directory/postgres';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { addressKey, parseAddress } from '@vratny/smtp';
import { type SqlSession, startDatabase, type TestDatabase } from '@vratny/support/database';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { froxlor } from './programs/froxlor.ts';
import { ispconfig } from './programs/ispconfig.ts';
import { mailcow, olderMailcow } from './programs/mailcow.ts';
import { modoboa } from './programs/modoboa.ts';
import { postfixadmin } from './programs/postfixadmin.ts';
import type { HostingProgram } from './programs/program.ts';

const databases = new Map<TestDatabase['kind'], TestDatabase>();
const sessions = new Map<string, SqlSession>();

beforeAll(async () => {
  for (const kind of ['mysql', 'postgres'] as const) databases.set(kind, await startDatabase(kind));
}, 120_000);
afterAll(async () => {
  for (const session of sessions.values()) session.close();
  for (const database of databases.values()) await database[Symbol.asyncDispose]();
});

for (const program of [postfixadmin, mailcow, ispconfig, modoboa, froxlor]) {
  for (const kind of program.databases) {
    directoryContract(`${program.preset} on ${kind}`, opener(program, kind), traitsOf(program));
    directoryContract(`${program.preset} on ${kind}, by a local copy`, opener(program, kind, { copied: true }), traitsOf(program));
    itHasWhatOthersLack(program, kind);
  }
}
itHasWhatOthersLack(olderMailcow, 'mysql', ', an older version');
for (const copied of [false, true]) {
  const name = `postfixadmin on mysql with an overlay in PostgreSQL${copied ? ', by a local copy' : ''}`;
  directoryContract(name, opener(postfixadmin, 'mysql', { copied, overlay: 'postgres' }), traitsOf(postfixadmin));
}

function traitsOf(program: HostingProgram) {
  return { quotaBytes: 1024 ** 2, domainAliases: program.addDomainAlias !== undefined, used: program.setUsed !== undefined };
}

function itHasWhatOthersLack(program: HostingProgram, kind: TestDatabase['kind'], version = ''): void {
  it(`${program.preset} on ${kind}${version}: what others lack`, async () => {
    const { directory, register, write, cleanUp } = await opener(program, kind)(() => new Date());
    try {
      await fillSite(register, traitsOf(program));
      for (const line of program.peculiar.write) await write(line);
      const answers: (readonly [string, string, string])[] = [];
      for (const [rule, address] of program.peculiar.answers)
        answers.push([rule, address, await answer(directory, address).catch(describeFault)]);
      expect(answers).toEqual(program.peculiar.answers);
    } finally {
      await cleanUp();
    }
  });
}

/** `outside` where mail would be sent on, and nothing here does. */
function describeFault(error: unknown): string {
  const message = String(error);
  return message.includes('which is not ours, and nothing here forwards mail') ? 'outside' : message;
}

interface Opening {
  readonly copied?: boolean;
  readonly overlay?: 'sqlite' | 'postgres';
}

/** The program's database under an account that may only read, with an overlay of ours beside it; or a copy of it, which is loaded after each change. */
function opener(program: HostingProgram, kind: TestDatabase['kind'], { copied = false, overlay = 'sqlite' }: Opening = {}) {
  return async (now: () => Date): Promise<Opened & { write(sql: string): Promise<void> }> => {
    const database = databases.get(kind);
    if (database === undefined) throw new Error(`${kind} is not running`);
    const name = `${program.preset}_contract`;
    const session = sessions.get(`${kind} ${name}`) ?? openSession(database, name);
    sessions.set(`${kind} ${name}`, session);
    await session.begin(program.schema(kind));
    const folder = makeTemporaryFolder('overlay');
    const { ours, address } = overlay === 'sqlite' ? await openFile(join(folder.path, 'overlay.db'), now) : await openShared(now);
    const texts = findPreset(program.preset, kind);
    if (texts === undefined) throw new Error('no such preset');
    const options = { database: database.reader(name), texts, overlay: address };
    const copy = copied ? createCopying(options, join(folder.path, 'copy.db')) : undefined;
    const directory = openAdoptedDirectory({ ...options, copy: copy?.path });
    const write = async (sql: string): Promise<void> => {
      await session.run(sql);
      copy?.changed();
    };
    return {
      directory: copy?.reading(directory) ?? directory,
      write,
      register: writing(program, ours, write),
      cleanUp: async () => {
        await directory.close();
        await copy?.source.close();
        await ours.close();
        folder.remove();
      },
    };
  };
}

async function openFile(path: string, now: () => Date) {
  return { ours: await openSqliteRegister({ path, now }), address: { kind: 'sqlite', path } as const };
}

/** The overlay that many nodes share, emptied. */
async function openShared(now: () => Date) {
  const database = databases.get('postgres');
  if (database === undefined) throw new Error('postgres is not running');
  const session = sessions.get('overlay') ?? openSession(database, 'overlay');
  sessions.set('overlay', session);
  const { servers } = database.reader('overlay');
  const ours = await openPostgresRegister({ servers: servers.map((server) => ({ ...server, user: 'postgres' })), now });
  await session.run('TRUNCATE domains, mailboxes, aliases, audit, accepted_letters; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader');
  return { ours, address: { kind: 'postgres', servers } as const };
}

/** A copy that is loaded before the first look-up after a change. */
function createCopying(options: Parameters<typeof openAdoptedDatabase>[0], path: string) {
  const source = openAdoptedDatabase(options);
  let isChanged = true;
  const load = async (): Promise<void> => {
    if (isChanged) await loadCopy({ path, source, now: () => new Date(), accept: () => true });
    isChanged = false;
  };
  return {
    path,
    source,
    changed: (): void => {
      isChanged = true;
    },
    reading: (directory: Directory): Directory => ({
      ...directory,
      findDomain: async (domain) => {
        await load();
        return directory.findDomain(domain);
      },
      findDestination: async (address) => {
        await load();
        return directory.findDestination(address);
      },
    }),
  };
}

function openSession(database: TestDatabase, name: string): SqlSession {
  database.create(name, '');
  return database.session(name);
}

/** Changes as the program writes them; what it lacks goes into the overlay. */
function writing(program: HostingProgram, ours: Register, write: (sql: string) => Promise<void>): Register {
  return {
    ...ours,
    addDomain: async (name, letter, actor, { aliasOf } = {}) => {
      await write((aliasOf === undefined ? undefined : program.addDomainAlias?.(name, aliasOf)) ?? program.addDomain(name));
      return ours.addDomain(name, letter, actor);
    },
    addMailbox: async (written, settings, actor) => {
      const address = keyOf(written);
      const at = address.lastIndexOf('@');
      await write(
        program.addMailbox({ address, local: address.slice(0, at), domain: address.slice(at + 1), quotaBytes: settings.quotaBytes ?? 0 }),
      );
      return ours.addMailbox(address, { antispam: settings.antispam ?? false }, actor);
    },
    addAlias: async (address, targets) => {
      await write(program.addAlias(address, targets));
      return { address, targets };
    },
    setEnabled: async (address, enabled, actor) => {
      if (!enabled) await write(program.disable(address));
      return ours.setAntispam(address, false, actor);
    },
    addUsage: async (address, octets) => {
      if (program.setUsed !== undefined) await write(program.setUsed(address, octets));
    },
  };
}

function keyOf(written: string): string {
  const address = parseAddress(written, { utf8: true });
  return typeof address === 'string' ? written : addressKey(address);
}

import { join } from 'node:path';
import type { Register } from '@vratny/directory';
import { findPreset, openAdoptedDirectory } from '@vratny/directory/adopted';
import { answer, directoryContract, fillSite, type Opened } from '@vratny/directory/contract';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { addressKey, parseAddress } from '@vratny/smtp';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDatabase, type TestDatabase } from './database.ts';
import { froxlor } from './programs/froxlor.ts';
import { ispconfig } from './programs/ispconfig.ts';
import { mailcow, olderMailcow } from './programs/mailcow.ts';
import { modoboa } from './programs/modoboa.ts';
import { postfixadmin } from './programs/postfixadmin.ts';
import type { HostingProgram } from './programs/program.ts';

const databases = new Map<TestDatabase['kind'], TestDatabase>();
let count = 0;

beforeAll(async () => {
  for (const kind of ['mysql', 'postgres'] as const) databases.set(kind, await startDatabase(kind));
}, 120_000);
afterAll(async () => {
  for (const database of databases.values()) await database[Symbol.asyncDispose]();
});

for (const program of [postfixadmin, mailcow, ispconfig, modoboa, froxlor]) {
  for (const kind of program.databases) {
    directoryContract(`${program.preset} on ${kind}`, opener(program, kind), traitsOf(program));
    itHasWhatOthersLack(program, kind);
  }
}
itHasWhatOthersLack(olderMailcow, 'mysql', ', an older version');

function traitsOf(program: HostingProgram) {
  return { quotaBytes: 1024 ** 2, domainAliases: program.addDomainAlias !== undefined, used: program.setUsed !== undefined };
}

function itHasWhatOthersLack(program: HostingProgram, kind: TestDatabase['kind'], version = ''): void {
  it(`${program.preset} on ${kind}${version}: what others lack`, async () => {
    const { directory, register, write, cleanUp } = await opener(program, kind)(() => new Date());
    try {
      await fillSite(register, traitsOf(program));
      for (const line of program.peculiar.write) write(line);
      const answers: (readonly [string, string, string])[] = [];
      for (const [rule, address] of program.peculiar.answers) answers.push([rule, address, await answer(directory, address)]);
      expect(answers).toEqual(program.peculiar.answers);
    } finally {
      await cleanUp();
    }
  });
}

/** The program's database under an account that may only read, with an overlay of ours beside it. */
function opener(program: HostingProgram, kind: TestDatabase['kind']) {
  return async (now: () => Date): Promise<Opened & { write(sql: string): void }> => {
    const database = databases.get(kind);
    if (database === undefined) throw new Error(`${kind} is not running`);
    const name = `contract${count++}`;
    database.create(name, program.schema(kind));
    const folder = makeTemporaryFolder('overlay');
    const overlay = join(folder.path, 'overlay.db');
    const ours = await openSqliteRegister({ path: overlay, now });
    const texts = findPreset(program.preset, kind);
    if (texts === undefined) throw new Error('no such preset');
    const directory = openAdoptedDirectory({ database: database.reader(name), texts, overlay });
    const write = (sql: string): void => void database.sql(sql, name);
    return {
      directory,
      write,
      register: writing(program, ours, write),
      cleanUp: async () => {
        await directory.close();
        await ours.close();
        database.drop(name);
        folder.remove();
      },
    };
  };
}

/** Changes as the program writes them; what it lacks goes into the overlay. */
function writing(program: HostingProgram, ours: Register, write: (sql: string) => void): Register {
  return {
    ...ours,
    addDomain: async (name, letter, actor, { aliasOf } = {}) => {
      write((aliasOf === undefined ? undefined : program.addDomainAlias?.(name, aliasOf)) ?? program.addDomain(name));
      return ours.addDomain(name, letter, actor);
    },
    addMailbox: async (written, settings, actor) => {
      const address = keyOf(written);
      const at = address.lastIndexOf('@');
      write(
        program.addMailbox({ address, local: address.slice(0, at), domain: address.slice(at + 1), quotaBytes: settings.quotaBytes ?? 0 }),
      );
      return ours.addMailbox(address, { antispam: settings.antispam ?? false }, actor);
    },
    addAlias: async (address, targets) => {
      write(program.addAlias(address, targets));
      return { address, targets };
    },
    setEnabled: async (address, enabled, actor) => {
      if (!enabled) write(program.disable(address));
      return ours.setAntispam(address, false, actor);
    },
    addUsage: async (address, octets) => {
      if (program.setUsed !== undefined) write(program.setUsed(address, octets));
    },
  };
}

function keyOf(written: string): string {
  const address = parseAddress(written, { utf8: true });
  return typeof address === 'string' ? written : addressKey(address);
}

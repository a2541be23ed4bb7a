import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { READER, type TestDatabase } from '@vratny/support/database';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost, type WorldHost, type WorldSiteOptions } from '@vratny/support/world-host';

/** What a provider has that adopts a host: a database of PostfixAdmin, and an overlay with the letter a for some domains. */
export interface Adopted {
  readonly folder: string;
  /** Of our own, beside the database. */
  readonly overlay: string;
  /** As `directory` of a site file; `copy` is the name of the host's own copy. */
  directory(copy?: string): Readonly<Record<string, unknown>>;
}

/** Writes the password and the overlay into a folder. */
export async function adopt(folder: string, database: TestDatabase, name: string, domains: readonly string[]): Promise<Adopted> {
  const password = join(folder, 'password');
  writeFileSync(password, READER.password);
  const overlay = join(folder, 'overlay.db');
  const register = await openSqliteRegister({ path: overlay, now: () => new Date() });
  await register.putRecords(
    domains.map((one) => ({ kind: 'domain', name: one, letter: 'a', defaultLetter: 'a' }) as const),
    'test',
    { graceUntil: new Date() },
  );
  await register.close();
  return {
    folder,
    overlay,
    directory: (copy = 'copy.db') => ({
      url: `mysql://reader@127.0.0.1:${database.port}/${name}`,
      password: { file: password },
      preset: 'postfixadmin',
      overlay: `sqlite:${overlay}`,
      copy: `sqlite:${join(folder, copy)}`,
    }),
  };
}

/** Starts a host of policy a that reads it, and waits for its copy. */
export async function startAdoptedHost(
  adopted: Adopted,
  { copy = 'copy.db', extra = {}, ...site }: WorldSiteOptions & { readonly copy?: string } = {},
): Promise<WorldHost> {
  const host = await startWorldHost({ host: 'a10', site: { ...site, extra: { ...extra, directory: adopted.directory(copy) } } });
  await waitFor('the copy is there', () => (existsSync(join(adopted.folder, copy)) ? true : undefined));
  return host;
}

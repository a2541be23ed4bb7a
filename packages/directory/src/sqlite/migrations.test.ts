import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { openSqliteRegister } from '../sqlite.ts';
import { MIGRATIONS } from '../tables/migrations.ts';
import { withPath } from './temporary-folder.fixture.ts';

const now = (): Date => new Date(1000);

/** A file as the program with the first schema left it, with one mailbox. */
function makeFirst(path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`
    CREATE TABLE directory_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;
    ${MIGRATIONS[0]?.sql ?? ''};
    INSERT INTO directory_migrations VALUES (1, 'first', 0);
    INSERT INTO domains (name, letter) VALUES ('one.test', 'd');
    INSERT INTO mailboxes (address, domain, local, quota_bytes, used_bytes, antispam, enabled)
      VALUES ('alice@one.test', 'one.test', 'alice', 1000, 7, 1, 1);
  `);
  db.close();
}

it('a file of the first schema keeps its mailboxes, which lie in the store of the site', () =>
  withPath(async (path) => {
    makeFirst(path);
    const register = await openSqliteRegister({ path, now });
    const alice = { address: 'alice@one.test', quotaBytes: 1000, usedBytes: 7, antispam: true, enabled: true };
    expect(await register.listMailboxes('one.test')).toEqual([alice]);
    expect(await register.setStore('alice@one.test', 'lmtp://b:24', 'test')).toEqual({ ...alice, store: 'lmtp://b:24' });
    await register.close();
    const again = await openSqliteRegister({ path, now });
    expect(await again.listStores()).toEqual(['lmtp://b:24']);
    await again.close();
  }));

it('numbers have no gaps', () => {
  expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, at) => at + 1));
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { READER, startDatabase, type TestDatabase } from '@vratny/support/database';
import { ROOT } from '@vratny/support/mx';
import { runToEnd } from '@vratny/support/running-program';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postfixadmin } from './programs/postfixadmin.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await startDatabase('mysql');
}, 120_000);
afterAll(() => database[Symbol.asyncDispose]());

async function mxctl(site: string, ...args: readonly string[]) {
  const ran = await runToEnd(process.execPath, [join(ROOT, 'cmd', 'mxctl', 'src', 'main.ts'), '--config', site, ...args]);
  return { code: await ran.ended, out: ran.stdout(), err: ran.stderr() };
}

it('the commands of "From PostfixAdmin", in their order', async () => {
  using folder = makeTemporaryFolder('adopting');
  database.create('postfixadmin', postfixadmin.schema('mysql'));
  const mailbox = { address: 'alice@example.org', local: 'alice', domain: 'example.org', quotaBytes: 0 };
  database.sql([postfixadmin.addDomain('example.org'), postfixadmin.addMailbox(mailbox)].join(';'), 'postfixadmin');
  const site = join(folder.path, 'site.yaml');
  writeFileSync(join(folder.path, 'password'), `${READER.password}\n`);
  const write = (more = ''): void =>
    writeFileSync(
      site,
      `cluster: { domain: example.test }
delivery: lmtp://127.0.0.1:24
directory:
  url: mysql://reader@127.0.0.1:${database.port}/postfixadmin
  password: { file: password }
  preset: postfixadmin
  overlay: sqlite:overlay.db
  copy: sqlite:copy.db
${more}`,
    );
  write();
  expect(await mxctl(site, 'check-config')).toMatchObject({ err: expect.stringContaining('directory.overlay') as string });
  expect(await mxctl(site, 'init')).toMatchObject({ out: 'the directory is there\n' });
  const checked = await mxctl(site, 'check-config');
  expect(checked.out).toContain('site.yaml: fine\n');
  expect(checked.out).toMatch(/^directory\.domain: .*\n.*directory\.address: /mu);
  expect((await mxctl(site, 'domain', 'list')).out).toMatch(/^example\.org +d /mu);
  expect((await mxctl(site, 'domain', 'policy', 'example.org', 'b')).out).toContain('example.org: policy b;');
  expect((await mxctl(site, 'domain', 'list')).out).toMatch(/^example\.org +b /mu);
  expect((await mxctl(site, 'domain', 'add', 'other.example')).err).toContain('use that program');
  expect((await mxctl(site, 'directory', 'accept')).out).toBe('accepted: 1 domains, 2 rows of addresses\n');
  expect((await mxctl(site, 'directory', 'show')).out).toMatch(/: 1 domains, 2 rows of addresses\n$/u);
  database.sql(postfixadmin.addAlias('out@example.org', ['a@far.example']), 'postfixadmin');
  expect((await mxctl(site, 'check-config')).err).toContain('alias out@example.org leads to a@far.example, which is not ours');
  // Without an index, above so many rows.
  database.sql(
    'CREATE TABLE t (name varchar(100), x int); INSERT INTO t SELECT CONCAT(seq), 1 FROM seq_1_to_20000; ANALYZE TABLE t',
    'postfixadmin',
  );
  database.sql("GRANT SELECT ON postfixadmin.t TO 'reader'@'%'");
  write('  domain: SELECT name FROM t WHERE name = :domain\n');
  expect((await mxctl(site, 'check-config')).err).toContain('directory.domain: reads all of t for each recipient: it needs an index');
}, 180_000);

it('the commands of "Our own directory for many nodes", in their order', async () => {
  await using postgres = await startDatabase('postgres');
  using folder = makeTemporaryFolder('adopting');
  postgres.create('vratny', '');
  const site = join(folder.path, 'site.yaml');
  const lines = [
    'cluster: { domain: example.test }',
    'delivery: lmtp://127.0.0.1:24',
    `directory: { url: "postgres://postgres@127.0.0.1:${postgres.port}/vratny", copy: "sqlite:copy.db" }`,
  ];
  writeFileSync(site, lines.join('\n'));
  expect(await mxctl(site, 'domain', 'list')).toMatchObject({ code: 75, err: expect.stringContaining('mxctl init makes one') as string });
  expect(await mxctl(site, 'init')).toMatchObject({ code: 0, out: 'the directory is there\n' });
  expect(await mxctl(site, 'migrate')).toMatchObject({ code: 0, out: 'the directory is up to date\n' });
  expect((await mxctl(site, 'check-config')).out).toContain('site.yaml: fine\n');
  expect((await mxctl(site, 'domain', 'add', 'example.org', '--policy', 'c')).out).toContain('example.org: added with policy c');
  expect((await mxctl(site, 'mailbox', 'add', 'alice@example.org')).code).toBe(0);
  expect((await mxctl(site, 'alias', 'add', 'sales@example.org', 'alice@example.org')).code).toBe(0);
  expect((await mxctl(site, 'domain', 'policy', 'example.org', 'b')).out).toContain('example.org: policy b;');
  const exported = (await mxctl(site, 'export')).out;
  expect(exported.trim().split('\n')).toHaveLength(3);
  const file = join(folder.path, 'directory.ndjson');
  writeFileSync(file, `${exported}{"mailbox":"bob@example.org","quota":"1GiB"}\n`);
  expect((await mxctl(site, 'import', '--dry-run', file)).out).toContain('bob@example.org');
  expect((await mxctl(site, 'mailbox', 'list', 'example.org')).out).not.toContain('bob@');
  expect(await mxctl(site, 'import', file)).toMatchObject({ code: 0, err: '' });
  expect((await mxctl(site, 'mailbox', 'list', 'example.org')).out).toContain('bob@example.org');
  expect((await mxctl(site, 'directory', 'accept')).out).toBe('accepted: 1 domains, 3 rows of addresses\n');
  expect((await mxctl(site, 'audit')).out).toContain('domain.policy');
  // Statements of one's own, first without an index: even for an empty table.
  postgres.sql('CREATE TABLE t (name text, letter text)', 'vratny');
  const own = join(folder.path, 'own.yaml');
  const statements = `domain: "SELECT name, letter FROM t WHERE name = :domain", address: "SELECT 'mailbox' AS kind, address FROM mailboxes WHERE address = :address"`;
  writeFileSync(
    own,
    [...lines.slice(0, 2), `directory: { url: "postgres://postgres@127.0.0.1:${postgres.port}/vratny", ${statements} }`].join('\n'),
  );
  expect((await mxctl(own, 'check-config')).err).toContain('directory.domain: reads all of t for each recipient: it needs an index');
  postgres.sql('CREATE INDEX ON t (name)', 'vratny');
  expect((await mxctl(own, 'check-config')).out).toMatch(/^directory\.domain: [\s\S]*Index Scan[\s\S]*own\.yaml: fine\n$/u);
}, 300_000);

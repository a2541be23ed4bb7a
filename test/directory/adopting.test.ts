import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@vratny/support/mx';
import { runToEnd } from '@vratny/support/running-program';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { READER, startDatabase, type TestDatabase } from './database.ts';
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

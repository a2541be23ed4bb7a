import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { READER, startDatabase } from '@vratny/support/database';
import { makeDovecot } from '@vratny/support/dovecot';
import { ROOT } from '@vratny/support/mx';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { expect, it } from 'vitest';
import { mailcow } from './programs/mailcow.ts';

const PAGE = readFileSync(join(ROOT, 'docs', 'ADOPTING.md'), 'utf8');

/** The blocks of a section of the page, by their language. */
function blocksOf(heading: string, language: string): readonly string[] {
  const section = PAGE.split(/^## /mu).find((one) => one.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`the page has no section ${heading}`);
  return [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gmu)].flatMap(([, one, text]) => (one === language ? [text ?? ''] : []));
}

/** A folder in which the commands of the page run as they stand: its `mxctl` is ours, and its paths are below the folder. */
function makePlace(folder: string, site: string) {
  const here = (text: string): string => text.replaceAll('/etc/vratny/', `${folder}/`).replaceAll('/var/lib/vratny/', `${folder}/`);
  mkdirSync(join(folder, 'bin'));
  const program = join(folder, 'bin', 'mxctl');
  writeFileSync(
    program,
    `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'cmd', 'mxctl', 'src', 'main.ts')}' --config '${folder}/site.yaml' "$@"\n`,
  );
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'site.yaml'), `cluster: { domain: example.test }\n${here(site)}`);
  /** What the commands print. Rejects with what they say when one fails. */
  return async (commands: string): Promise<string> => {
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` };
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here(commands)], { cwd: folder, env });
    return stdout;
  };
}

it('from mailcow', async () => {
  await using database = await startDatabase('mysql');
  using folder = makeTemporaryFolder('adopting');
  database.create('mailcow', mailcow.schema('mysql'));
  const mailbox = { address: 'alice@example.org', local: 'alice', domain: 'example.org', quotaBytes: 0 };
  database.sql([mailcow.addDomain('example.org'), mailcow.addMailbox(mailbox)].join(';'), 'mailcow');
  const section = 'From mailcow, ISPConfig, Modoboa, Froxlor';
  const run = makePlace(folder.path, (blocksOf(section, 'yaml')[0] ?? '').replace('127.0.0.1:13306', `127.0.0.1:${database.port}`));
  writeFileSync(join(folder.path, 'directory-password'), READER.password);
  writeFileSync(join(folder.path, 'domains.txt'), 'example.org\n');
  const out = await run(blocksOf(section, 'sh').join('\n'));
  expect(out).toContain('site.yaml: fine\n');
  expect(out).toMatch(/^example\.org +d /mu);
  expect(out).toContain('1 domains; 1 got policy b, the others had it\n');
}, 180_000);

it('from Dovecot alone', async () => {
  await using dovecot = await makeDovecot({ users: [{ address: 'alice@example.org' }] });
  await dovecot.start();
  using folder = makeTemporaryFolder('adopting');
  const run = makePlace(
    folder.path,
    (blocksOf('From Dovecot alone', 'yaml')[0] ?? '').replace('store.example:24', `127.0.0.1:${dovecot.lmtpPort}`),
  );
  const out = await run(blocksOf('From Dovecot alone', 'sh').join('\n'));
  expect(out).toContain('{"domain":"example.org","policy":"c"}\n{"alias":"sales@example.org","targets":["alice@example.org"]}\n');
  // One whom the store has, and one whom it has not.
  writeFileSync(join(folder.path, 'mail.eml'), 'Subject: x\r\n\r\nx\r\n');
  const explain = (to: string): Promise<string> => run(`mxctl explain mail.eml --policy c --client 127.0.0.1 --from '' --to ${to} || true`);
  expect(await explain('nobody@example.org')).toContain('550 5.1.1');
  expect(await explain('sales@example.org')).not.toContain('550 5.1.1');
}, 180_000);

it('from cPanel, from Plesk, and from lists', async () => {
  using folder = makeTemporaryFolder('adopting');
  const run = makePlace(folder.path, 'delivery: lmtp://127.0.0.1:24\n');
  const heading = 'From cPanel, Plesk and lists';
  const [cpanel = '', plesk = '', lists = ''] = blocksOf(heading, 'sh');
  writeFileSync(
    join(folder.path, 'passwd'),
    'alice:x:1001:1001::/home/u/mail/example.org/alice:/home/u\nbob:x:1001:1001::/home/u:/home/u\n',
  );
  writeFileSync(
    join(folder.path, 'valiases'),
    'sales@example.org: alice@example.org, bob@example.org\n*: ":fail: No Such User Here"\nsys@example.org: |/usr/bin/true\n',
  );
  expect(await run(cpanel)).toContain('4 records; took 4 changes\n');
  expect(await run('mxctl export')).toContain('{"alias":"sales@example.org","targets":["alice@example.org","bob@example.org"]}');
  writeFileSync(join(folder.path, 'mailboxes.tsv'), 'carol\texample.com\ndave\texample.com\n');
  expect(await run(plesk)).toContain('3 records; took 3 changes\n');
  writeFileSync(join(folder.path, 'customers.csv'), blocksOf(heading, '')[0] ?? '');
  // Most of the others would go: that is asked for.
  await expect(run(lists)).rejects.toThrow('more than 5 %');
  const out = await run(lists.replace('--delete', '--delete --yes'));
  expect(out).toMatch(/nothing to change[\s\S]*nothing to change/u);
  expect(await run('cat directory.ndjson')).toBe(
    [
      '{"domain":"example.org","policy":"c"}',
      '{"domain":"example.net","policy":"d","alias_of":"example.org"}',
      '{"mailbox":"alice@example.org","quota":"1GiB","antispam":true}',
      '{"alias":"sales@example.org","targets":["alice@example.org"]}',
      '',
    ].join('\n'),
  );
}, 180_000);

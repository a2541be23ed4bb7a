import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Directory } from '@vratny/directory';
import { loadCopy, openAdoptedDatabase, openAdoptedDirectory } from '@vratny/directory/adopted';
import { findPreset } from '@vratny/directory/presets';
import { startDatabase } from '@vratny/support/database';
import { ROOT } from '@vratny/support/mx';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { postfixadmin } from './programs/postfixadmin.ts';

/**
 * What look-ups in the database of a provider cost, without a copy and with one, and how fast an import is:
 * `node test/directory/measure.ts [DOMAINS] [MAILBOXES]`, 100,000 and 1,000,000 unless given. Needs root and MariaDB; takes some minutes. Not a test.
 */
const [domains = 100_000, mailboxes = 1_000_000] = process.argv.slice(2).map(Number);
const LOOKUPS = 5_000;

await using stack = new AsyncDisposableStack();
const folder = stack.use(makeTemporaryFolder('load'));
await measureLookups();
measureImport();

async function measureLookups(): Promise<void> {
  await using database = await startDatabase('mysql');
  database.create('mail', postfixadmin.schema('mysql'));
  const each = Math.round(mailboxes / domains);
  say(`filling ${domains} domains and ${mailboxes} mailboxes`);
  database.sql(
    `SET SESSION unique_checks = 0;
     INSERT INTO domain (domain, description) SELECT CONCAT('d', seq, '.test'), '' FROM seq_1_to_${domains};
     INSERT INTO mailbox (username, password, local_part, domain)
       SELECT CONCAT('box', b.seq, '@d', d.seq, '.test'), 'x', CONCAT('box', b.seq), CONCAT('d', d.seq, '.test')
       FROM seq_1_to_${domains} d JOIN seq_1_to_${each} b;
     INSERT INTO alias (address, goto, domain) SELECT username, username, domain FROM mailbox;
     ANALYZE TABLE domain, mailbox, alias`,
    'mail',
  );
  const texts = findPreset('postfixadmin', 'mysql');
  if (texts === undefined) throw new Error('no such preset');
  const options = { database: database.reader('mail'), texts };
  // As much as a hundred hosts may ask: it is the time of a question that is measured, not the budget.
  const unbounded = { ...options, processes: 0.01 };
  await withDirectory(openAdoptedDirectory(unbounded), (directory) => measure('without a copy', directory, each));
  const copy = join(folder.path, 'copy.db');
  const source = openAdoptedDatabase(options);
  const began = performance.now();
  const load = await loadCopy({ path: copy, source, now: () => new Date() });
  say(`copy: ${load.domains} domains and ${load.addresses} rows in ${seconds(began)} s`);
  await source.close();
  await withDirectory(openAdoptedDirectory({ ...options, copy }), (directory) => measure('with a copy', directory, each));
}

async function withDirectory(directory: Directory, work: (directory: Directory) => Promise<void>): Promise<void> {
  try {
    await work(directory);
  } finally {
    await directory.close();
  }
}

/** One after the other, each a mailbox that was not asked for before. */
async function measure(what: string, directory: Directory, each: number): Promise<void> {
  const times: number[] = [];
  for (let at = 0; at < LOOKUPS; at++) {
    const domain = 1 + ((at * 7919) % domains);
    const began = performance.now();
    const found = await directory.findDestination({ local: `box${1 + (at % each)}`, domain: `d${domain}.test` });
    times.push(performance.now() - began);
    if (found.kind !== 'mailboxes') throw new Error(`box of d${domain}.test: ${found.kind}`);
  }
  times.sort((one, other) => one - other);
  const quantile = (share: number): string => `${((times[Math.floor(times.length * share)] ?? 0) * 1000).toFixed(0)} µs`;
  say(`look-up ${what}: p50 ${quantile(0.5)}, p99 ${quantile(0.99)}`);
}

/** A tenth of the domains and mailboxes, into a file of ours. */
function measureImport(): void {
  const file = join(folder.path, 'all.ndjson');
  const lines: string[] = [];
  for (let domain = 0; domain < domains / 10; domain++) {
    lines.push(JSON.stringify({ domain: `d${domain}.test`, policy: 'c' }));
    for (let box = 0; box < mailboxes / domains; box++) lines.push(JSON.stringify({ mailbox: `box${box}@d${domain}.test`, quota: '1GiB' }));
  }
  writeFileSync(file, lines.join('\n'));
  const site = join(folder.path, 'site.yaml');
  writeFileSync(site, 'cluster: { domain: example.test }\n');
  for (const run of ['first', 'second']) {
    const began = performance.now();
    const told = execFileSync(process.execPath, [join(ROOT, 'cmd/mxctl/src/main.ts'), '--config', site, 'import', file], {
      encoding: 'utf8',
    });
    const took = Number(seconds(began));
    say(`import, ${run} run: ${lines.length} records in ${took} s, ${Math.round(lines.length / took)} a second: ${told.trim()}`);
  }
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(1);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

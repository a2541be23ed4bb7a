import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startProgram } from '@vratny/daemons';
import { ROOT } from '@vratny/support/mx';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import { expect, it } from 'vitest';

it('an import that is killed in the middle leaves whole transactions, and run again makes the directory right', async () => {
  using folder = makeTemporaryFolder('import');
  const records = Array.from({ length: 400 }, (_, at) => [
    { domain: `d${at}.test`, policy: 'c' },
    ...Array.from({ length: 19 }, (_none, box) => ({ mailbox: `box${box}@d${at}.test`, quota: '1GiB', antispam: false })),
  ]).flat();
  const lines = records.map((record) => JSON.stringify(record));
  writeFileSync(join(folder.path, 'all.ndjson'), lines.join('\n'));
  writeFileSync(join(folder.path, 'site.yaml'), 'cluster: { domain: example.test }\n');
  const mxctl = (...args: readonly string[]) =>
    startProgram(process.execPath, [join(ROOT, 'cmd', 'mxctl', 'src', 'main.ts'), '--config', join(folder.path, 'site.yaml'), ...args]);
  const count = (): number => {
    const db = new DatabaseSync(join(folder.path, 'directory.db'), { readOnly: true });
    try {
      return Number(db.prepare('SELECT (SELECT count(*) FROM domains) + (SELECT count(*) FROM mailboxes) AS count').get()?.['count']);
    } finally {
      db.close();
    }
  };
  const first = mxctl('import', join(folder.path, 'all.ndjson'));
  await waitFor('the first thousand are in', () => {
    try {
      return count() >= 1_000 ? true : undefined;
    } catch {
      return undefined;
    }
  });
  first.signal('SIGKILL');
  await first.ended;
  const left = count();
  expect(left % 1_000).toBe(0);
  expect(left).toBeLessThan(lines.length);
  const again = mxctl('import', join(folder.path, 'all.ndjson'));
  expect([await again.ended, again.stdout()]).toEqual([0, `8000 records; took ${8_000 - left} changes\n`]);
  const exported = mxctl('export');
  await exported.ended;
  expect(exported.stdout().trim().split('\n').sort()).toEqual(lines.toSorted());
}, 120_000);

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startProgram } from '@vratny/daemons';
import { ROOT } from '@vratny/support/mx';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
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
  const command = (...args: readonly string[]): readonly string[] => [
    process.execPath,
    ...[join(ROOT, 'cmd', 'mxctl', 'src', 'main.ts'), '--config', join(folder.path, 'site.yaml'), ...args],
  ];
  const mxctl = (...args: readonly string[]) => startProgram(process.execPath, command(...args).slice(1));
  const count = (): number => {
    const db = new DatabaseSync(join(folder.path, 'directory.db'), { readOnly: true });
    try {
      return Number(db.prepare('SELECT (SELECT count(*) FROM domains) + (SELECT count(*) FROM mailboxes) AS count').get()?.['count']);
    } finally {
      db.close();
    }
  };
  // At a write of the fourth thousand: the kernel counts, not a clock.
  const killing = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=pwrite64', '-e', 'inject=pwrite64:signal=KILL:when=500'];
  const first = startProgram('strace', [...killing, ...command('import', join(folder.path, 'all.ndjson'))]);
  expect(await first.ended).not.toBe(0);
  const left = count();
  expect(left % 1_000).toBe(0);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(lines.length);
  const again = mxctl('import', join(folder.path, 'all.ndjson'));
  expect([await again.ended, again.stdout()]).toEqual([0, `8000 records; took ${8_000 - left} changes\n`]);
  const exported = mxctl('export');
  await exported.ended;
  expect(exported.stdout().trim().split('\n').sort()).toEqual(lines.toSorted());
}, 120_000);

import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { ACTOR } from '../contract/opened.ts';
import { openSqliteRegister } from '../sqlite.ts';
import { withPath } from './temporary-folder.fixture.ts';

const now = (): Date => new Date(0);

/** What another user, who may read files and write nothing, is told of alice and bob by each file: one line each. */
function askAsNobody(paths: readonly string[]): readonly string[] {
  const program = `const { openSqliteDirectory } = await import(${JSON.stringify(import.meta.resolve('../sqlite.ts'))});
    process.setgroups([]); process.setgid('nogroup'); process.setuid('nobody');
    for (const path of process.argv.slice(1)) try {
      const directory = await openSqliteDirectory({ path });
      const found = [];
      for (const local of ['alice', 'bob']) found.push((await directory.findDestination({ local, domain: 'one.test' })).kind);
      console.log(found.join());
      await directory.close();
    } catch (error) { console.log(error.message); }`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program, ...paths], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

// Root may write everywhere, so the process has to be somebody else.
it.runIf(process.getuid?.() === 0)(
  'is read by a user who may not write its folder, with a log beside it and without one',
  () =>
    withPath(async (open) => {
      chmodSync(dirname(open), 0o755);
      const [closed, secret, foreign] = [`${open}.closed`, `${open}.secret`, `${open}.foreign`];
      const registers = new Map(await Promise.all([open, closed, secret, foreign].map(async (path) => [path, await make(path)] as const)));
      for (const path of [closed, secret, foreign]) await registers.get(path)?.close();
      for (const path of [open, `${open}-wal`, `${open}-shm`, closed, foreign]) chmodSync(path, 0o644);
      // What a log holds that cannot be read is not passed over.
      writeFileSync(`${foreign}-wal`, 'x', { mode: 0o600 });
      expect(askAsNobody([open, closed, secret, foreign])).toEqual([
        'mailboxes,unknown',
        'mailboxes,unknown',
        expect.stringMatching(/: unable to open database file: file .* with mode 0640, and this program runs as nobody/u),
        expect.stringContaining('directory.db.foreign-wal, which this user may not use'),
      ]);
      await registers.get(open)?.close();
    }),
  60_000,
);

async function make(path: string) {
  const register = await openSqliteRegister({ path, now });
  await register.addDomain('one.test', 'd', ACTOR);
  await register.addMailbox('alice@one.test', {}, ACTOR);
  return register;
}

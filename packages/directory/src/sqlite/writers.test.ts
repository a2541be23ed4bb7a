import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openSqliteRegister } from '../sqlite.ts';
import { withPath } from './temporary-folder.fixture.ts';

const now = (): Date => new Date(0);
const run = promisify(execFile);
const MAILBOXES = 20;

/** A process of its own that opens the file, which may not exist yet, and writes. */
const WRITER = `
  const [module, path, name] = process.argv.slice(1);
  const { openSqliteRegister } = await import(module);
  const register = await openSqliteRegister({ path, now: () => new Date(0) });
  await register.addDomain(name, 'd', name);
  for (let i = 0; i < ${MAILBOXES}; i++) await register.addMailbox('m' + i + '@' + name, {}, name);
  await register.close();
`;

describe('several writers', () => {
  it('as processes that make the file at once: every change of each is there, once', () =>
    withPath(async (path) => {
      const module = new URL('../sqlite.ts', import.meta.url).href;
      const names = ['one.test', 'two.test', 'three.test'];
      const write = (name: string) => run(process.execPath, ['--input-type=module', '-e', WRITER, '--', module, path, name]);
      await Promise.all(names.map(write));
      const register = await openSqliteRegister({ path, now });
      for (const name of names) expect(await register.listMailboxes(name)).toHaveLength(MAILBOXES);
      expect(await register.listAudit(1000)).toHaveLength(names.length * (MAILBOXES + 1));
      await register.close();
    }));

  it('in one process: neither stops the other', () =>
    withPath(async (path) => {
      const registers = await Promise.all([openSqliteRegister({ path, now }), openSqliteRegister({ path, now })]);
      const [first, second] = registers;
      await first.addDomain('one.test', 'd', 'first');
      await first.addMailbox('alice@one.test', {}, 'first');
      const work = registers.flatMap((register) => Array.from({ length: 10 }, () => register.addUsage('alice@one.test', 1)));
      await Promise.all(work);
      expect((await second.listMailboxes('one.test'))[0]?.usedBytes).toBe(20);
      await Promise.all(registers.map((register) => register.close()));
    }));
});

import { expect, it } from 'vitest';
import { ACTOR, answer } from './contract/opened.ts';
import { createMemoryDirectory } from './memory.ts';
import { withPath } from './sqlite/temporary-folder.fixture.ts';
import { openSqliteDirectory, openSqliteRegister } from './sqlite.ts';

const now = (): Date => new Date(0);
const NAMES = ['jan', 'jan-novak', 'eva'];
const ROWS: readonly (readonly [signs: string, name: string, found: string])[] = [
  ['', 'jan-shop', 'unknown'],
  ['', 'jan+shop', 'jan'],
  ['-', 'jan-shop', 'jan'],
  ['-', 'jan+shop', 'jan'],
  ['-', 'jan-novak', 'jan-novak'],
  ['-', 'jan-novak-shop', 'jan-novak'],
  ['-', 'jan-novak+a-b', 'jan-novak'],
  ['-', 'jan-new-shop', 'jan'],
  ['-', '-shop', 'unknown'],
  ['-', 'eva_shop', 'unknown'],
  ['-_=', 'Eva_Shop', 'eva'],
  ['-', 'postmaster-x', 'postmaster'],
  ['-', `j${'-'.repeat(60)}`, 'unknown'],
];

it.each(ROWS)('signs besides +: %j, %s is %s', async (extensionSigns, name, found) => {
  const memory = createMemoryDirectory({ now, extensionSigns });
  const expected = found === 'unknown' ? found : `${found}@one.test`;
  await withPath(async (path) => {
    const register = await openSqliteRegister({ path, now });
    for (const one of [memory, register]) {
      await one.addDomain('one.test', 'd', ACTOR);
      for (const local of NAMES) await one.addMailbox(`${local}@one.test`, {}, ACTOR);
    }
    const sqlite = await openSqliteDirectory({ path, extensionSigns });
    for (const directory of [memory, sqlite]) expect(await answer(directory, `${name}@one.test`)).toBe(expected);
    await Promise.all([register.close(), sqlite.close()]);
  });
});

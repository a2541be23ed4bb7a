import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { ACTOR, answer } from '../contract/opened.ts';
import { fillSite } from '../contract/site.ts';
import { openSqliteDirectory, openSqliteRegister } from '../sqlite.ts';
import { withPath } from './temporary-folder.fixture.ts';

/** What an alias with these targets comes to, written past the register, and what the operator is told. */
const ROWS: readonly (readonly [what: string, targets: readonly string[], answer: string, troubles: readonly string[]])[] = [
  ['a target with an extension', ['alice+lists@one.test'], 'alice@one.test', []],
  ['a target in a domain alias', ['bob@other.test', 'bob@one.test'], 'bob@one.test', []],
  ['a target that the catch-all takes', ['nobody@one.test'], 'all@one.test', []],
  ['a target that is implied', ['abuse@bare.test'], 'postmaster@bare.test', []],
  ['itself and a mailbox', ['x@two.test', 'alice@one.test'], 'alice@one.test', []],
  [
    'one unknown target of two',
    ['gone@two.test', 'alice@one.test'],
    'alice@one.test',
    ['alias x@two.test leads to gone@two.test, which does not exist; its other targets are served'],
  ],
  [
    'unknown targets behind another alias',
    ['y@two.test', 'bob@one.test'],
    'bob@one.test',
    ['alias x@two.test leads to a@two.test, b@two.test, c@two.test and 1 more, which do not exist; its other targets are served'],
  ],
  [
    'unknown targets only',
    ['gone@two.test'],
    'unknown',
    ['alias x@two.test leads to gone@two.test, which does not exist; nobody gets its mail'],
  ],
  ['a target outside', ['alice@one.test', 'a@far.example'], 'alias x@two.test leads to a@far.example, which is not ours', []],
  ['a domain alias of nothing', ['a@lost.test', 'alice@one.test'], 'lost.test is an alias of nothing.test, which is no domain of ours', []],
  ['domain aliases in a circle', ['a@round.test', 'alice@one.test'], 'leads over more than 3 domain aliases', []],
];

it.each(ROWS)('%s', (_what, targets, expected, told) =>
  withPath(async (path) => {
    const register = await openSqliteRegister({ path, now: () => new Date(0) });
    await fillSite(register);
    await register.addDomain('lost.test', 'b', ACTOR);
    await register.addDomain('round.test', 'b', ACTOR);
    await register.close();
    const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    const insert = db.prepare("INSERT INTO aliases VALUES (?, 'two.test', ?, ?)");
    for (const [position, target] of targets.entries()) insert.run('x@two.test', position, target);
    for (const [position, name] of ['a', 'b', 'c', 'd'].entries()) insert.run('y@two.test', position, `${name}@two.test`);
    db.exec("UPDATE domains SET alias_of = 'nothing.test' WHERE name = 'lost.test'");
    db.exec("UPDATE domains SET alias_of = 'ring.test' WHERE name = 'round.test'");
    db.exec("INSERT INTO domains (name, letter, alias_of) VALUES ('ring.test', 'd', 'round.test')");
    db.close();
    const troubles: string[] = [];
    const directory = await openSqliteDirectory({ path, onTrouble: (detail) => troubles.push(detail) });
    const found = await answer(directory, 'X@two.test').catch((error: unknown) => String(error));
    expect(found).toContain(expected);
    expect(troubles).toEqual(told);
    await directory.close();
  }),
);

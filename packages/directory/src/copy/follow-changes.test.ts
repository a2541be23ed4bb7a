import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pause } from '@vratny/waiting';
import { expect, it } from 'vitest';
import { DirectoryFault } from '../port.ts';
import type { SqlRow } from '../source/sql.ts';
import { describeAsked } from './asked.ts';
import { openCopy, readLoad } from './copy-file.ts';
import type { CopiedState, CopySource } from './copy-source.ts';
import { followChanges } from './follow-changes.ts';
import { loadCopy, readDoubt } from './load-copy.ts';

const SECOND_MS = 1_000;
const ASKED = describeAsked({ kind: 'sqlite', database: '/one.db', servers: [], user: '', statements: [1] });
const [OTHER_STATEMENTS, OTHER_DATABASE] = [
  describeAsked({ kind: 'sqlite', database: '/one.db', servers: [], user: '', statements: [2] }),
  describeAsked({ kind: 'sqlite', database: '/two.db', servers: [], user: '', statements: [1] }),
];

/** A source with a version and a list of changes, and the copy of it. */
async function create(domains: number) {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-follow-'));
  const path = join(folder, 'copy.db');
  let ms = 1_000_000;
  const now = (): Date => new Date(ms);
  const names = new Set(Array.from({ length: domains }, (_, at) => `d${at}.test`));
  const boxes = new Set([...names].map((name) => `alice@${name}`));
  const log: string[] = [];
  let version: number | undefined;
  const domainRow = (name: string): SqlRow => ({ name });
  const addressRow = (address: string): SqlRow => ({ kind: 'mailbox', address });
  const state: CopiedState = {
    domainRows: async function* () {
      yield [...names].map(domainRow);
    },
    addressRows: async function* () {
      yield [...boxes].map(addressRow);
    },
    version: async () => String(version ?? log.length),
    changedSince: async (after, limit) => (log.length - Number(after) < limit ? log.slice(Number(after)) : undefined),
    rowsOf: async (asked) => ({
      domains: asked.domains.filter((name) => names.has(name)).map(domainRow),
      addresses: asked.addresses.filter((name) => boxes.has(name)).map(addressRow),
    }),
  };
  const sourceOf = (one: CopiedState, asked = ASKED): CopySource => ({ asked, snapshot: (work) => work(one) });
  const source = sourceOf(state);
  const clock = { id: 'this start', ms: () => ms };
  await loadCopy({ path, source, now });
  const copy = openCopy(path, { rows: 'as they are', asked: ASKED, monotonicMs: () => ms, clock });
  return {
    path,
    source,
    state,
    now,
    clock,
    sourceOf,
    follow: (of = source, by = clock) => followChanges({ path, source: of, now, clock: by }),
    /** What the copy says of an address, and whether that is all there is to say. */
    look: async (address: string) => {
      const { found, isFresh } = await copy.read(async (rows) => rows.findEntry(address));
      return `${found?.kind ?? 'nothing'}${isFresh() ? '' : ', perhaps'}`;
    },
    add: (...addresses: readonly string[]) => {
      for (const address of addresses) boxes.add(address);
      log.push(...addresses);
    },
    remove: (name: string) => {
      names.delete(name);
      boxes.delete(name);
      log.push(name);
    },
    answersWith: (other: number | undefined) => {
      version = other;
    },
    pass: (byMs: number) => {
      ms += byMs;
    },
    [Symbol.asyncDispose]: async () => {
      await copy.close();
      rmSync(folder, { recursive: true });
    },
  };
}

it('a copy whose version is that of its source says for some seconds that somebody is not there', async () => {
  await using at = await create(3);
  expect(await at.look('bob@d1.test')).toBe('nothing, perhaps');
  expect(await at.follow()).toBe('proved');
  expect(await at.look('bob@d1.test')).toBe('nothing');
  at.pass(5 * SECOND_MS);
  expect(await at.look('bob@d1.test')).toBe('nothing');
  at.pass(1);
  expect(await at.look('bob@d1.test')).toBe('nothing, perhaps');
  expect(await at.look('alice@d1.test')).toBe('mailbox, perhaps');
  // A clock that was put back proves nothing.
  at.pass(-6 * SECOND_MS);
  expect(await at.look('bob@d1.test')).toBe('nothing, perhaps');
});

it('takes what changed: added, removed, and both', async () => {
  await using at = await create(3);
  at.add('bob@d1.test', 'carol@d1.test');
  at.remove('alice@d2.test');
  at.remove('carol@d1.test');
  expect(await at.follow()).toBe('proved');
  expect(await Promise.all(['bob@d1.test', 'alice@d2.test', 'carol@d1.test', 'alice@d1.test'].map(at.look))).toEqual([
    'mailbox',
    'nothing',
    'nothing',
    'mailbox',
  ]);
  expect(readLoad(at.path)).toMatchObject({ domains: 3, addresses: 3, provedAt: at.now() });
});

it('asks for a load when a version went back, changes are too many, or cannot be listed', async () => {
  await using at = await create(3);
  at.add('bob@d1.test');
  await at.follow();
  at.answersWith(0);
  expect(await at.follow()).toBe('load');
  at.answersWith(undefined);
  at.add(...Array.from({ length: 5_000 }, (_, index) => `box${index}@d1.test`));
  expect(await at.follow()).toBe('load');
  const { changedSince: _, ...unlisted } = at.state;
  expect(await at.follow(at.sourceOf(unlisted))).toBe('load');
  const { version: _none, ...unversioned } = at.state;
  expect(await at.follow(at.sourceOf(unversioned))).toBe('no-version');
});

it('a proof of another start of the machine, or of a time that is not yet, proves nothing', async () => {
  await using at = await create(3);
  await at.follow(at.source, { ...at.clock, id: 'the start before' });
  expect(await at.look('bob@d1.test')).toBe('nothing, perhaps');
  await at.follow(at.source, { ...at.clock, ms: () => at.clock.ms() + SECOND_MS });
  expect(await at.look('bob@d1.test')).toBe('nothing, perhaps');
});

it('a copy of other statements tells who is there and proves nothing, one of another database tells nothing; both are loaded anew', async () => {
  await using at = await create(3);
  await at.follow();
  for (const [asked, alice] of [
    [OTHER_STATEMENTS, 'mailbox'],
    [OTHER_DATABASE, undefined],
  ] as const) {
    expect(await at.follow(at.sourceOf(at.state, asked))).toBe('load');
    const copy = openCopy(at.path, { rows: 'as they are', asked, monotonicMs: at.clock.ms, clock: at.clock });
    const { found, certain, isFresh } = await copy.read(async (rows) => rows.findEntry('alice@d1.test'));
    expect([found?.kind, certain, isFresh()]).toEqual([alice, false, false]);
    await copy.close();
  }
  await loadCopy({ path: at.path, source: at.sourceOf(at.state, OTHER_DATABASE), now: at.now });
  expect(await at.follow(at.sourceOf(at.state, OTHER_DATABASE))).toBe('proved');
});

it('takes no change that loses more than a tenth of the domains, and says so', async () => {
  await using at = await create(60);
  for (let index = 0; index < 7; index++) at.remove(`d${index}.test`);
  await expect(at.follow()).rejects.toThrow('the database has 53 domains, 60 before: the old copy stays');
  expect(readDoubt(at.path)).toContain('53 domains');
  expect(readLoad(at.path)?.domains).toBe(60);
  await loadCopy({ path: at.path, source: at.source, now: at.now, accept: () => true });
  expect(await at.follow()).toBe('proved');
});

it('takes no loss among so many changes that they do not fit into the cache of SQLite either', async () => {
  await using at = await create(100);
  const long = { kind: 'alias', target: `${'x'.repeat(2_000)}@far.test` };
  const rowsOf: CopiedState['rowsOf'] = async (names) => {
    const { domains, addresses } = await at.state.rowsOf(names);
    return { domains, addresses: addresses.map((row) => ({ ...row, ...long })) };
  };
  const of = at.sourceOf({ ...at.state, rowsOf });
  at.add(...Array.from({ length: 4_000 }, (_, index) => `box${index}@d50.test`));
  for (let index = 0; index < 20; index++) at.remove(`d${index}.test`);
  await expect(at.follow(of)).rejects.toThrow('the database has 80 domains, 100 before: the old copy stays');
  expect(readDoubt(at.path)).toContain('80 domains');
});

it('counts domains, and not rows of them, as a load does', async () => {
  await using at = await create(60);
  const again = Array.from({ length: 20 }, (_, index) => ({ name: `D${index}.test` }));
  const twice: CopiedState = {
    ...at.state,
    domainRows: async function* () {
      yield* at.state.domainRows();
      yield again;
    },
  };
  const of = at.sourceOf(twice);
  expect((await loadCopy({ path: at.path, source: of, now: at.now })).domains).toBe(60);
  at.add('bob@d1.test');
  expect(await at.follow(of)).toBe('proved');
  expect((await loadCopy({ path: at.path, source: of, now: at.now })).domains).toBe(60);
});

it('notices what is lost in small steps, by loads or by changes, for a week', async () => {
  await using at = await create(100);
  const lose = async (from: number, count: number): Promise<void> => {
    for (let index = from; index < from + count; index++) at.remove(`d${index}.test`);
  };
  await lose(0, 5);
  expect(await at.follow()).toBe('proved');
  await lose(5, 5);
  expect((await loadCopy({ path: at.path, source: at.source, now: at.now })).domains).toBe(90);
  await lose(10, 1);
  await expect(at.follow()).rejects.toThrow('the database has 89 domains, 100 before');
  await expect(loadCopy({ path: at.path, source: at.source, now: at.now })).rejects.toThrow('the database has 89 domains, 100 before');
  await loadCopy({ path: at.path, source: at.source, now: at.now, accept: () => true });
  await lose(11, 8);
  expect((await loadCopy({ path: at.path, source: at.source, now: at.now })).domains).toBe(81);
  at.pass(7 * 86_400 * SECOND_MS);
  expect((await loadCopy({ path: at.path, source: at.source, now: at.now })).domains).toBe(81);
  await lose(19, 8);
  expect((await loadCopy({ path: at.path, source: at.source, now: at.now })).domains).toBe(73);
});

it('a load that is ended leaves the copy before it, and nothing of itself', async () => {
  await using at = await create(3);
  const ending = new AbortController();
  const endless: CopiedState = {
    ...at.state,
    addressRows: async function* () {
      yield [];
      ending.abort();
      yield [];
      expect.unreachable('it goes on');
    },
  };
  await expect(loadCopy({ path: at.path, source: at.sourceOf(endless), now: at.now, signal: ending.signal })).rejects.toThrow();
  expect(readdirSync(dirname(at.path))).toEqual(['copy.db']);
  expect(await at.look('alice@d1.test')).toBe('mailbox, perhaps');
});

it('a load removes what one left that was killed long ago', async () => {
  await using at = await create(3);
  const [old, young] = [`${at.path}.loading-1`, `${at.path}.loading-2`];
  for (const left of [old, young]) writeFileSync(left, '');
  utimesSync(old, 0, 0);
  await loadCopy({ path: at.path, source: at.source, now: at.now });
  expect(readdirSync(dirname(at.path)).toSorted()).toEqual(['copy.db', 'copy.db.loading-2']);
});

it('a version that cannot be read holds up no load, and proves nothing', async () => {
  await using at = await create(3);
  const troubles: string[] = [];
  const without: CopiedState = { ...at.state, version: () => Promise.reject(new DirectoryFault('no version')) };
  at.add('bob@d1.test');
  await loadCopy({ path: at.path, source: at.sourceOf(without), now: at.now, onTrouble: (detail) => troubles.push(detail) });
  expect(troubles).toEqual([expect.stringContaining('no version') as string]);
  expect(await at.look('bob@d1.test')).toBe('mailbox, perhaps');
  expect(await at.follow()).toBe('load');
});

it('a load that takes too long is given up', async () => {
  await using at = await create(3);
  const endless: CopiedState = {
    ...at.state,
    addressRows: async function* () {
      for (;;) {
        yield [];
        await pause(1);
      }
    },
  };
  const loading = loadCopy({ path: at.path, source: at.sourceOf(endless), now: at.now, withinMs: 20 });
  await expect(loading).rejects.toThrow('the load was given up: it took more than');
  // While a server is asked: it is not what is wrong.
  const asking: CopySource['snapshot'] = (_work, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new DirectoryFault('no answer within 2 s'))));
  const hanging = loadCopy({ path: at.path, source: { asked: ASKED, snapshot: asking }, now: at.now, withinMs: 20 });
  await expect(hanging).rejects.toThrow('the load was given up: it took more than');
  expect(readdirSync(dirname(at.path))).toEqual(['copy.db']);
});

const OLD_COPIES: readonly (readonly [string, string])[] = [
  [
    'with a version',
    'DROP TABLE counts; ALTER TABLE load DROP COLUMN asked; ALTER TABLE load DROP COLUMN proved_clock; ALTER TABLE load DROP COLUMN proved_ms',
  ],
  [
    'without one',
    `DROP TABLE counts; DROP TABLE overlay_domains; DROP TABLE overlay_addresses;
    ${['asked', 'version', 'proved_at', 'proved_clock', 'proved_ms'].map((name) => `ALTER TABLE load DROP COLUMN ${name}`).join(';')}`,
  ],
];

it.each(OLD_COPIES)(
  'a copy of an earlier program, %s, tells who is there and proves nothing; what is loaded is compared with it',
  async (_name, sql) => {
    await using at = await create(60);
    const db = new DatabaseSync(at.path);
    db.exec(sql);
    db.close();
    expect(readLoad(at.path)).toMatchObject({ domains: 60, isVersioned: _name === 'with a version', counts: [{ domains: 60 }] });
    const copy = openCopy(at.path, { rows: 'as they are', asked: ASKED, monotonicMs: at.clock.ms, clock: at.clock });
    const { found, certain, isFresh } = await copy.read(async (rows) => rows.findEntry('alice@d1.test'));
    expect([found?.kind, certain, isFresh()]).toEqual(['mailbox', false, false]);
    await copy.close();
    expect(await at.follow()).toBe('load');
    for (let index = 0; index < 7; index++) at.remove(`d${index}.test`);
    await expect(loadCopy({ path: at.path, source: at.source, now: at.now })).rejects.toThrow('the database has 53 domains, 60 before');
  },
);

it('while somebody changes a copy no load is taken that cannot be compared with it', async () => {
  await using at = await create(60);
  for (let index = 0; index < 7; index++) at.remove(`d${index}.test`);
  const db = new DatabaseSync(at.path);
  db.exec('BEGIN EXCLUSIVE');
  await expect(loadCopy({ path: at.path, source: at.source, now: at.now })).rejects.toThrow('database is locked');
  await expect(at.follow()).rejects.toThrow('database is locked');
  expect(() => readLoad(at.path)).toThrow(DirectoryFault);
  db.exec('ROLLBACK');
  db.close();
  expect(readLoad(at.path)?.domains).toBe(60);
});

it('a copy that was removed or damaged is loaded anew, and none is made by looking for it', async () => {
  await using at = await create(3);
  rmSync(at.path);
  expect([await at.follow(), readdirSync(dirname(at.path)), readLoad(at.path)]).toEqual(['load', [], undefined]);
  for (const content of ['', 'rubbish'.repeat(1_000)]) {
    writeFileSync(at.path, content);
    expect([await at.follow(), readLoad(at.path)]).toEqual(['load', undefined]);
    await loadCopy({ path: at.path, source: at.source, now: at.now });
    expect(await at.follow()).toBe('proved');
  }
});

it('a change by somebody who was killed in the middle is undone by whoever reads next', async () => {
  await using at = await create(3);
  expect(await at.look('alice@d1.test')).toBe('mailbox, perhaps');
  // Enough that some of it is written before the end, by a process that ends without one.
  const program = `const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(process.argv[1]);
    db.exec("PRAGMA cache_size = 1; PRAGMA synchronous = OFF; BEGIN IMMEDIATE; DELETE FROM addresses");
    const insert = db.prepare('INSERT INTO addresses VALUES (?, ?)');
    for (let at = 0; at < 2_000; at++) insert.run('x' + at + '@d1.test', 'x'.repeat(500));
    process.kill(process.pid, 'SIGKILL');`;
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', program, at.path]).signal).toBe('SIGKILL');
  expect(existsSync(`${at.path}-journal`)).toBe(true);
  expect(await at.look('alice@d1.test')).toBe('mailbox, perhaps');
  // And by one that opens it anew.
  const copy = openCopy(at.path, { rows: 'as they are', asked: ASKED, monotonicMs: at.clock.ms, clock: at.clock });
  expect((await copy.read(async (rows) => rows.findEntry('alice@d2.test'))).found?.kind).toBe('mailbox');
  await copy.close();
}, 120_000);

it('a load that comes in the place of a copy that was being changed has none of its journal', async () => {
  await using at = await create(3);
  writeFileSync(`${at.path}-journal`, 'left by somebody who was killed');
  at.add('bob@d1.test');
  await loadCopy({ path: at.path, source: at.source, now: at.now });
  expect(await at.follow()).toBe('proved');
  expect(await at.look('bob@d1.test')).toBe('mailbox');
});

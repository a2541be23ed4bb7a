import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SqlRow } from '../source/sql.ts';
import { openCopy, readLoad } from './copy-file.ts';
import { type CopySource, followChanges, loadCopy, readDoubt } from './write-copy.ts';

const SECOND_MS = 1_000;

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
  const source: CopySource = {
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
  await loadCopy({ path, source, now });
  const copy = openCopy(path, { rows: 'as they are' }, { monotonicMs: () => ms, now });
  return {
    path,
    source,
    now,
    follow: (of = source) => followChanges({ path, source: of, now }),
    /** What the copy says of an address, and whether that is all there is to say. */
    look: async (address: string) => {
      const { found, fresh } = await copy.read(async (rows) => rows.findEntry(address));
      return `${found?.kind ?? 'nothing'}${fresh ? '' : ', perhaps'}`;
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
  const { changedSince: _, ...unlisted } = at.source;
  expect(await at.follow(unlisted)).toBe('load');
  const { version: _none, ...unversioned } = at.source;
  expect(await at.follow(unversioned)).toBe('no-version');
});

it('takes nothing that another server may have said meanwhile', async () => {
  await using at = await create(3);
  at.add('bob@d1.test');
  const swapped: CopySource = {
    ...at.source,
    rowsOf: async () => {
      at.answersWith(0);
      return { domains: [], addresses: [] };
    },
  };
  expect(await at.follow(swapped)).toBe('later');
  expect(await at.look('bob@d1.test')).toBe('nothing, perhaps');
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

it('a load that comes in the place of a copy that was being changed has none of its journal', async () => {
  await using at = await create(3);
  writeFileSync(`${at.path}-journal`, 'left by somebody who was killed');
  at.add('bob@d1.test');
  await loadCopy({ path: at.path, source: at.source, now: at.now });
  expect(await at.follow()).toBe('proved');
  expect(await at.look('bob@d1.test')).toBe('mailbox');
});

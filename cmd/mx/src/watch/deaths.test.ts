import { expect, it } from 'vitest';
import { DEATHS_KEPT_MAX, DEATHS_KEPT_MS } from '../limits.ts';
import type { Underway } from './activity-file.ts';
import { DeathBook, deathsOnAllHosts } from './deaths.ts';

const at = (sha256: string): Underway => ({ stage: 'judging', session: 's', sha256, sizeBytes: 1 });
const receiving: Underway = { stage: 'receiving', session: 's' };

function bookWith(count: (sha256: string) => Promise<number> = () => Promise.resolve(0)) {
  const clock = { now: 0 };
  return { book: new DeathBook(count, () => clock.now), clock };
}

it('counts each death of a message that was worked on alone, whatever was still on its way in', async () => {
  const { book } = bookWith();
  for (const deaths of [1, 2, 3]) {
    await book.note([receiving, at('a'), receiving]);
    expect(book.list()).toEqual([['a', deaths]]);
  }
});

it('counts one death for each of several, however often that happens', async () => {
  const { book } = bookWith();
  for (let i = 0; i < 5; i += 1) await book.note([at('a'), at('b'), at('a')]);
  expect(book.list()).toEqual([
    ['a', 1],
    ['b', 1],
  ]);
  await book.note([at('a')]);
  expect(book.list()).toEqual([
    ['b', 1],
    ['a', 2],
  ]);
  book.clear('b');
  expect(book.list()).toEqual([['a', 2]]);
});

it('blames nobody when no message was all there', async () => {
  const { book } = bookWith(() => Promise.reject(new Error('is not asked')));
  await book.note([receiving, receiving]);
  await book.note([]);
  expect(book.list()).toEqual([]);
});

it('takes the count of shared state when that is higher, and goes on without it', async () => {
  const { book } = bookWith(() => Promise.resolve(2));
  await book.note([at('a')]);
  expect(book.list()).toEqual([['a', 2]]);
  const { book: alone } = bookWith(() => Promise.reject(new Error('away')));
  await alone.note([at('a')]);
  expect(alone.list()).toEqual([['a', 1]]);
});

it('forgets after a day, and the oldest of too many', async () => {
  const { book, clock } = bookWith();
  for (let i = 0; i <= DEATHS_KEPT_MAX; i += 1) await book.note([at(String(i))]);
  expect(book.list()).toHaveLength(DEATHS_KEPT_MAX);
  expect(book.list()[0]).toEqual(['1', 1]);
  clock.now = DEATHS_KEPT_MS + 1;
  expect(book.list()).toEqual([]);
  await book.note([at('1')]);
  expect(book.list()).toEqual([['1', 1]]);
});

it('asks shared state of a suspect, but does not wait for it', async () => {
  expect(await deathsOnAllHosts({ count: () => Promise.resolve(3) }, 'a', 1)).toBe(3);
  expect(await deathsOnAllHosts({ count: () => Promise.resolve(0) }, 'a', 2)).toBe(2);
  expect(await deathsOnAllHosts({ count: () => Promise.reject(new Error('away')) }, 'a', 2)).toBe(2);
  expect(await deathsOnAllHosts({ count: () => new Promise(() => undefined) }, 'a', 2)).toBe(2);
});

/** A thread that writes to a history as a host's writer does, and says how long it was held up: for `history.ts` beside it. */
import { parentPort, workerData } from 'node:worker_threads';
import { domainOf, type HistoryCount } from '@vratny/journal/history';
import { openStore, type Store } from './history-store.ts';
import { makeWorld } from './history-world.ts';

/** Entries of a batch, and how often one comes: a hundred a second. */
const BATCH = 10;
const EVERY_MS = 100;

const { store, domains } = workerData as { readonly store: Store; readonly domains: number };
const history = await openStore(store, 'writer');
const { entryAt } = makeWorld(domains);
let written = 0;
let slowestMs = 0;
let last: Promise<void> = Promise.resolve();

async function write(nth: number): Promise<void> {
  const entries = Array.from({ length: BATCH }, () => entryAt(new Date()));
  const counts = entries.map((entry): HistoryCount => {
    const { at, check, verdict } = entry;
    return { domain: domainOf(entry), day: at.toISOString().slice(0, 10), check, verdict, count: 1 };
  });
  const begun = performance.now();
  await history.add(entries, counts, { source: 'load', nth });
  slowestMs = Math.max(slowestMs, performance.now() - begun);
  written += entries.length;
  if (nth === 1) parentPort?.postMessage('writes');
}

let nth = 0;
const writing = setInterval(() => {
  nth += 1;
  const mine = nth;
  last = last.then(() => write(mine));
}, EVERY_MS);
parentPort?.on('message', (word: 'tell' | 'end') => {
  if (word === 'tell') {
    parentPort?.postMessage({ written, slowestMs });
    slowestMs = 0;
    return;
  }
  clearInterval(writing);
  void last.then(() => history.close()).then(() => parentPort?.close());
});

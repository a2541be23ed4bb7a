/**
 * How long searches in a history take while a hundred entries a second come in; whether any plan scans a table, what guessing addresses leaves, and whom the
 * removal of a day holds up: `node test/load/history.ts [--store sqlite|postgres|both] [--entries N] [--domains N] [--rounds N]`, both, a million, 10,000 and
 * 100 unless told. Needs root and PostgreSQL for the latter; some minutes. The goal is a 95th percentile of 300 ms.
 */
import { readdirSync, statfsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { newReceipt } from '@vratny/journal';
import type { History, HistoryEntry } from '@vratny/journal/history';
import { createSampler } from '@vratny/journal/history/sampler';
import { startDatabase } from '@vratny/support/database';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { explainAll } from './history-plans.ts';
import { openStore, type Store } from './history-store.ts';
import { DAY_MS, DAYS, makeWorld, searchesOf, type World } from './history-world.ts';

const GOAL_MS = 300;
const BATCH = 5_000;
/** What a group of guesses comes in: the writer's batches. */
const GUESSES = 100_000;
const GUESSES_BATCH = 200;
/** Removing a day shall take longer than anybody waits for another, were they to wait. */
const LOOK_EVERY_MS = 5;

const { values: flags } = parseArgs({
  options: {
    store: { type: 'string', default: 'both' },
    entries: { type: 'string', default: '1000000' },
    domains: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '100' },
  },
});
const [ENTRIES, DOMAINS, ROUNDS] = [Number(flags.entries), Number(flags.domains), Number(flags.rounds)];
const NOW = Date.now();
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function measure(store: Store, filled: () => void): Promise<void> {
  const world = makeWorld(DOMAINS);
  const known = await fill(store, world);
  filled();
  const reader = await openStore(store, 'reader');
  const writer = await startWriting(store);
  await measureSearches(reader, world, known);
  say(`${store.kind}: written meanwhile: ${describe(await writer.told())}`);
  await measureRemoval(store, reader, writer);
  await writer.end();
  await reader.close();
  const scans = await explainAll(store);
  say(scans.length === 0 ? `${store.kind}: no plan scans a table` : `${store.kind}: SCANS:\n${scans.join('\n')}`);
  await measureGuesses(store);
}

/** Day by day, as they come. Gives some of the entries. */
async function fill(store: Store, { entryAt }: World): Promise<readonly HistoryEntry[]> {
  const history = await openStore(store, 'writer');
  const begun = performance.now();
  const known: HistoryEntry[] = [];
  for (let i = 0; i < ENTRIES; i += BATCH) {
    const entries = Array.from({ length: Math.min(BATCH, ENTRIES - i) }, (_, k) =>
      entryAt(new Date(NOW - DAYS * DAY_MS * (1 - (i + k) / ENTRIES))),
    );
    const counted = Map.groupBy(entries, (one) =>
      JSON.stringify([one.recipient.split('@')[1], one.at.toISOString().slice(0, 10), one.check, one.verdict]),
    );
    const counts = [...counted].map(([key, some]) => {
      const [domain, day, check, verdict] = JSON.parse(key) as [string, string, string, HistoryEntry['verdict']];
      return { domain, day, check, verdict, count: some.length };
    });
    await history.add(entries, counts);
    known.push(...entries.slice(0, 10));
  }
  await history.close();
  say(`${store.kind}: ${ENTRIES} entries of ${DOMAINS} domains written in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return known;
}

interface Told {
  readonly written: number;
  readonly slowestMs: number;
}

const describe = ({ written, slowestMs }: Told) => `${written} entries, the slowest batch in ${slowestMs.toFixed(1)} ms`;

interface Writing {
  /** What it wrote so far, and the slowest batch since it was asked last. */
  told(): Promise<Told>;
  end(): Promise<void>;
}

/** Another thread, as the writer is another process. */
async function startWriting(store: Store): Promise<Writing> {
  const thread = new Worker(new URL('./history-writer.ts', import.meta.url), { workerData: { store, domains: DOMAINS } });
  const failed = new Promise<never>((_resolve, reject) => thread.once('error', reject));
  failed.catch(() => undefined);
  await Promise.race([failed, new Promise((resolve) => thread.once('message', resolve))]);
  return {
    told: () =>
      Promise.race([
        failed,
        new Promise<Told>((resolve) => {
          thread.once('message', resolve);
          thread.postMessage('tell');
        }),
      ]),
    end: () =>
      Promise.race([
        failed,
        new Promise<void>((resolve) => {
          thread.once('exit', () => resolve());
          thread.postMessage('end');
        }),
      ]),
  };
}

async function measureSearches(reader: History, world: World, known: readonly HistoryEntry[]): Promise<void> {
  say(`\n| search (load of the machine ${loadavg()[0]?.toFixed(1)}) | p50 ms | p95 ms | slowest | |`);
  say('|---|---|---|---|---|');
  for (const [what, ask] of searchesOf(reader, { world, known, now: NOW })) {
    const took: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) {
      const begun = performance.now();
      await ask();
      took.push(performance.now() - begun);
    }
    took.sort((a, b) => a - b);
    const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
    const row = [what, ...[at(0.5), at(0.95), at(1)].map((ms) => ms.toFixed(1)), at(0.95) <= GOAL_MS ? '' : 'ABOVE THE GOAL'];
    say(`| ${row.join(' | ')} |`);
  }
  say(`\nload of the machine at the end: ${loadavg()[0]?.toFixed(1)}`);
}

/** The oldest day goes while others write and search. */
async function measureRemoval(store: Store, reader: History, writer: Writing): Promise<void> {
  const remover = await openStore(store, 'writer');
  const oldest = new Date(NOW - (DAYS - 2) * DAY_MS).toISOString().slice(0, 10);
  await writer.told();
  let done = false;
  let slowestMs = 0;
  const looking = (async () => {
    while (!done) {
      const begun = performance.now();
      await reader.find(newReceipt(new Date(NOW - DAY_MS)));
      await reader.search({ since: new Date(NOW - DAY_MS), until: new Date(NOW + DAY_MS), limit: 50, domain: 'domain1.example' });
      slowestMs = Math.max(slowestMs, performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  })();
  const begun = performance.now();
  await remover.expire({ entriesFrom: oldest, countsFrom: oldest });
  const ms = performance.now() - begun;
  // What waited for it has come through.
  const told = await writer.told();
  done = true;
  await looking;
  say(
    `${store.kind}: days before ${oldest} removed in ${ms.toFixed(1)} ms; meanwhile: ${describe(told)}, two searches in at most ${slowestMs.toFixed(1)} ms`,
  );
  await remover.close();
}

/** What somebody leaves who guesses at addresses of many domains; by the writer's sampler, as a host has it. */
async function measureGuesses(store: Store): Promise<void> {
  const history = await openStore(store, 'writer');
  const isKept = createSampler();
  const at = new Date(NOW + 20 * DAY_MS);
  const begun = performance.now();
  for (let i = 0; i < GUESSES; i += GUESSES_BATCH) {
    const entries = Array.from({ length: GUESSES_BATCH }, (_, k): HistoryEntry => {
      const recipient = `guess${i + k}@domain${(i + k) % DOMAINS}.example`;
      const who = { host: 'd10', client: '198.51.100.9', helo: 'x', sender: 'a@sender.example', recipient };
      return { id: newReceipt(at), at, ...who, check: 'mailbox', verdict: 'refused', reply: '550 5.1.1 there is no such mailbox here' };
    });
    await history.add(entries.filter(isKept), []);
  }
  let left = 0;
  for (let after: string | undefined; ; ) {
    const range = { since: at, until: new Date(at.getTime() + 1) };
    const page = await history.search({ ...range, limit: 500, ...(after === undefined ? {} : { after }) });
    left += page.entries.length;
    after = page.next;
    if (after === undefined) break;
  }
  say(`${store.kind}: ${GUESSES} guessed recipients left ${left} entries, in ${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
  await history.close();
}

if (flags.store !== 'postgres') {
  using folder = makeTemporaryFolder('history-load');
  const path = join(folder.path, 'history');
  await measure({ kind: 'sqlite', folder: path }, () => undefined);
  const { bsize, bavail } = statfsSync(folder.path);
  say(`files: ${readdirSync(path).length}; free on the disk: ${Math.round((bsize * bavail) / 1e9)} GB`);
}
if (flags.store !== 'sqlite') {
  await using database = await startDatabase('postgres');
  database.create('history', '');
  await measure({ kind: 'postgres', port: database.port, database: 'history' }, () => void database.sql('ANALYZE', 'history'));
}

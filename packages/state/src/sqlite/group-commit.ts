import type { DatabaseSync } from 'node:sqlite';
import { isBusy } from '@vratny/files';
import { BATCH_MAX, DEADLINE_MS, LOCK_RETRY_MS } from '../limits.ts';
import type { Store } from '../store.ts';
import type { OpenDatabase } from './schema.ts';

type Direct<Names extends keyof Store> = {
  readonly [Name in Names]: (...args: Parameters<Store[Name]>) => Awaited<ReturnType<Store[Name]>>;
};

/** A store whose operations end at once and leave transactions to their caller. */
export interface DirectStore extends Direct<Exclude<keyof Store, 'close'>> {
  /** Whether the greylist has an entry of this key: then a contact changes nothing. */
  knows(key: string, now: number): boolean;
}

/** An open database, and what is asked of it. */
export interface OpenStore extends OpenDatabase {
  readonly store: DirectStore;
}

/** Something that is asked of the store. */
export interface Operation<T> {
  readonly run: (store: DirectStore) => T;
  /** Whether it changes something, so that it needs the write lock. */
  readonly writes: (store: DirectStore) => boolean;
  /** Milliseconds since 1970 when it may add a row: what has ended by then can go. */
  readonly adds?: number;
}

/** Operations of one turn of the event loop share a transaction. */
export interface GroupCommit {
  /** Resolves when the change is committed. Rejects as the operation does, and with SQLite's error when the lock was not to be had within {@link DEADLINE_MS}. */
  ask<T>(operation: Operation<T>): Promise<T>;
  /** Resolves when everything that was asked has been answered. */
  settled(): Promise<void>;
}

/** What it works with. */
export interface GroupCommitOptions {
  /** Works with the database that is at the path now. Rejects when it cannot be opened, and as the work does. */
  readonly use: (work: (opened: OpenStore) => void) => Promise<void>;
  /** Milliseconds on a clock that never goes back. */
  readonly monotonicMs: () => number;
}

interface Waiting extends Operation<unknown> {
  readonly giveUpAtMs: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects what is asked in one turn and does it in one transaction, in the order of asking. When something fails the transaction is rolled back and each
 * operation is done again alone, so that no operation fails because of another one. Nothing waits for a lock in the event loop: while another process has
 * it, the operations are tried again some milliseconds later, together with those that came meanwhile.
 */
export function createGroupCommit({ use, monotonicMs }: GroupCommitOptions): GroupCommit {
  // As long as the sessions of the process: each waits for its own.
  let queue: Waiting[] = [];
  let running: Promise<void> | undefined;

  async function runAll(): Promise<void> {
    await nextTurn();
    while (queue.length > 0) {
      const batch = queue.slice(0, BATCH_MAX);
      queue = queue.slice(BATCH_MAX);
      const locked = await runBatch(batch);
      queue = [...locked, ...queue];
      await (locked.length > 0 ? afterMs(LOCK_RETRY_MS) : nextTurn());
    }
    running = undefined;
  }
  /** Returns those that are to be tried again. */
  async function runBatch(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    const outcome: Outcome = { done: [], failed: [] };
    try {
      await use((opened) => {
        for (const { adds } of batch) if (adds !== undefined) opened.purge(adds);
        runTogether(opened, batch, outcome);
        const [first] = outcome.failed;
        // Whoever has the file open is to hear of it: it may not be the right one any more, or be damaged.
        if (first !== undefined) throw first.error;
      });
    } catch (error) {
      const known = new Set([...outcome.done, ...outcome.failed].map(({ one }) => one));
      for (const one of batch) if (!known.has(one)) outcome.failed.push({ one, error });
    }
    for (const { one, result } of outcome.done) one.resolve(result);
    const now = monotonicMs();
    const locked = outcome.failed.filter(({ one, error }) => isBusy(error) && now < one.giveUpAtMs);
    for (const failure of outcome.failed) if (!locked.includes(failure)) failure.one.reject(failure.error);
    return locked.map(({ one }) => one);
  }
  return {
    ask: <T>(operation: Operation<T>) =>
      new Promise<T>((resolve, reject) => {
        queue.push({ ...operation, giveUpAtMs: monotonicMs() + DEADLINE_MS, resolve: resolve as (result: unknown) => void, reject });
        running ??= runAll();
      }),
    settled: async () => running,
  };
}

interface Outcome {
  readonly done: { readonly one: Waiting; readonly result: unknown }[];
  readonly failed: { readonly one: Waiting; readonly error: unknown }[];
}

function runTogether(opened: OpenStore, batch: readonly Waiting[], outcome: Outcome): void {
  const [first, ...more] = batch;
  if (first !== undefined && more.length > 0 && batch.some((one) => one.writes(opened.store))) {
    try {
      const results = inTransaction(opened.db, () => batch.map((one) => one.run(opened.store)));
      for (const [at, one] of batch.entries()) outcome.done.push({ one, result: results[at] });
      return;
    } catch (error) {
      if (isBusy(error)) {
        for (const one of batch) outcome.failed.push({ one, error });
        return;
      }
      // One of them, or the disk: each alone shows which.
    }
  }
  for (const one of batch) runAlone(opened, one, outcome);
}

function runAlone({ db, store }: OpenStore, one: Waiting, outcome: Outcome): void {
  try {
    const result = one.writes(store) ? inTransaction(db, () => one.run(store)) : one.run(store);
    outcome.done.push({ one, result });
  } catch (error) {
    outcome.failed.push({ one, error });
  }
}

/** Runs work under the write lock, which is taken at once: one that reads first could find the lock gone when it comes to write. */
function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk ends the transaction by itself.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const afterMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

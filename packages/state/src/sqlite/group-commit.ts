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
  readonly adds?: number | undefined;
}

/** Operations of one turn of the event loop share a transaction. */
export interface GroupCommit {
  /**
   * Resolves when the change is committed. Rejects with the fault of what the operation ended in, and of SQLite's error
   * when the lock was not to be had within {@link DEADLINE_MS}.
   */
  ask<T>(operation: Operation<T>): Promise<T>;
  /** Resolves when everything that was asked has been answered. */
  settled(): Promise<void>;
}

/** What it works with. */
export interface GroupCommitOptions {
  /**
   * Works with the database that is at the path now. Rejects when it cannot be opened, and as the work does; no promise
   * when it is done at once.
   */
  readonly use: (work: (opened: OpenStore) => void) => void | Promise<void>;
  /** What an operation is rejected with, of the error that it ended in. */
  readonly faultOf: (error: unknown) => Error;
  /** Milliseconds on a clock that never goes back. */
  readonly monotonicMs: () => number;
}

interface Waiting extends Operation<unknown> {
  readonly giveUpAtMs: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects what is asked in one turn and does it in one transaction, in the order of asking. When something fails the
 * transaction is rolled back and each operation is done again alone, so that no operation fails because of another one.
 * Nothing waits for a lock in the event loop: while another process has it, the operations are tried again some
 * milliseconds later, together with those that came meanwhile.
 */
export function createGroupCommit({ use, monotonicMs, faultOf }: GroupCommitOptions): GroupCommit {
  // As long as the sessions of the process: each waits for its own.
  let queue: Waiting[] = [];
  let running = false;
  const idle: (() => void)[] = [];

  function runBatch(): void {
    const batch = queue.slice(0, BATCH_MAX);
    queue = queue.slice(BATCH_MAX);
    const outcome: Outcome = { done: [], failed: [] };
    const failed = (error: unknown) => {
      const known = new Set([...outcome.done, ...outcome.failed].map(({ one }) => one));
      for (const one of batch) if (!known.has(one)) outcome.failed.push({ one, error });
      answer(outcome);
    };
    const work = use((opened) => {
      for (const { adds } of batch) if (adds !== undefined) opened.purge(adds);
      runTogether(opened, batch, outcome);
      const [first] = outcome.failed;
      // Thrown, so that the owner of the open file learns of it: the file may have been replaced, or be damaged.
      if (first !== undefined) throw first.error;
    });
    if (work === undefined) answer(outcome);
    else work.then(() => answer(outcome), failed);
  }
  /** What met a lock is tried again while it has time. */
  function answer({ done, failed }: Outcome): void {
    for (const { one, result } of done) one.resolve(result);
    const now = failed.length === 0 ? 0 : monotonicMs();
    const locked: Waiting[] = [];
    for (const { one, error } of failed) {
      if (isBusy(error) && now < one.giveUpAtMs) locked.push(one);
      else one.reject(faultOf(error));
    }
    queue = locked.length === 0 ? queue : [...locked, ...queue];
    running = queue.length > 0;
    if (!running) for (const tell of idle.splice(0)) tell();
    else if (locked.length > 0) setTimeout(runBatch, LOCK_RETRY_MS);
    else setImmediate(runBatch);
  }
  return {
    ask: <T>(operation: Operation<T>) =>
      new Promise<T>((resolve, reject) => {
        const { run, writes, adds } = operation;
        queue.push({ run, writes, adds, giveUpAtMs: monotonicMs() + DEADLINE_MS, resolve: resolve as (result: unknown) => void, reject });
        if (running) return;
        running = true;
        setImmediate(runBatch);
      }),
    settled: () => (running ? new Promise<void>((resolve) => void idle.push(resolve)) : Promise.resolve()),
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

/**
 * Runs work under the write lock, which is taken at once: one that reads first could find the lock gone when it comes
 * to write.
 */
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

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@vratny/support/wait-for';
import type { Bench } from './bench.ts';
import type { Ext4Disk } from './disk/ext4.ts';
import { lookInto } from './disk/ext4.ts';
import { type Comparison, compare } from './ledger/compare.ts';
import { tryOnce } from './ledger/drain.ts';
import type { TestMessage } from './ledger/message.ts';
import { readMaildirCopies } from './ledger/read-maildir.ts';
import { type Planted, type Point, plant } from './strace/inject.ts';
import { reported, workerOf } from './strace/record.ts';
import { standsStill } from './strace/threads.ts';

/** The folder of the mailboxes on the disk. */
export const MAIL = 'mail';

/** Compares what clients were told until now with what a copy of the disk holds. */
export async function compareCopy(bench: Bench, image: string): Promise<Comparison> {
  try {
    return await lookInto(image, (path) => compare(bench.ledger, readMaildirCopies(join(path, MAIL))));
  } finally {
    rmSync(image, { force: true });
  }
}

/**
 * Sends a message; right after a call of its delivery mx stands still, and `cut` sees the disk as the power would leave it. What `cut` gives is
 * given back; undefined when the delivery was over before. `cut` says whether mx goes on: it may also have ended it.
 */
export async function cutAfter<T>(
  bench: Bench,
  point: Point,
  message: TestMessage,
  cut: (worker: number) => Promise<T>,
): Promise<T | undefined> {
  const mx = await bench.readyMx();
  const worker = workerOf(mx);
  const entry = bench.ledger.open(message);
  const armed = Promise.withResolvers<Planted>();
  let over = false;
  const trying = tryOnce(bench.ledger, entry, mx.port, {
    beforeMessage: async () => {
      await reported(point.thread);
      armed.resolve(await plant(worker, point, 'stop'));
    },
  }).finally(() => {
    over = true;
    armed.reject(new Error('the message was not sent'));
  });
  const planted = await armed.promise;
  try {
    const still = () => (over ? 'over' : standsStill(worker, planted.tid) ? 'still' : undefined);
    if ((await waitFor('mx stands still or has answered', still)) === 'over') return undefined;
    const result = await cut(worker);
    goOn(worker);
    await trying;
    return result;
  } finally {
    goOn(worker);
    await planted.remove();
  }
}

function goOn(worker: number): void {
  try {
    process.kill(worker, 'SIGCONT');
  } catch {
    // The cut has ended it.
  }
}

/** Delivers a message whose n-th fsync does nothing, up to its 250, and compares what the power leaves right after. */
export async function compareWithoutSync(bench: Bench, disk: Ext4Disk, nth: number): Promise<Comparison> {
  const mx = await bench.readyMx();
  const entry = bench.ledger.open(bench.newMessage(`without-fsync-${nth}`));
  let remove: () => Promise<string | undefined> = async () => undefined;
  await tryOnce(bench.ledger, entry, mx.port, {
    beforeMessage: async () => {
      ({ remove } = await plant(workerOf(mx), { thread: 'files', name: 'fsync', nth }, 'pretend'));
    },
  });
  const image = await disk.copy();
  const hit = await remove();
  if (hit === undefined) throw new Error(`there is no fsync ${nth}`);
  return await compareCopy(bench, image);
}

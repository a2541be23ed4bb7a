import { setTimeout as pause } from 'node:timers/promises';
import type { RunningMx } from '@vratny/support/mx';
import { workersOf } from '@vratny/support/process-state';
import type { Bench } from '../bench.ts';
import { tryOnce } from '../ledger/drain.ts';
import type { TestMessage } from '../ledger/message.ts';
import { attachStrace } from './attach.ts';
import { type Call, parseCalls } from './calls.ts';
import { findThread, type ThreadRole } from './threads.ts';

const REPORTED_MS = 130;

/** The worker of an mx that has one. */
export function workerOf(mx: RunningMx): number {
  const [pid, ...more] = workersOf(mx.pid);
  if (pid === undefined || more.length > 0) throw new Error(`mx has ${more.length + (pid === undefined ? 0 : 1)} workers instead of one`);
  return pid;
}

/**
 * A worker tells its primary of a new connection within 100 ms: who counts calls of the main thread waits until it has. The thread for files has
 * no part in that.
 */
export function reported(thread: ThreadRole): Promise<void> {
  return thread === 'main' ? pause(REPORTED_MS) : Promise.resolve();
}

/** The system calls of one delivery, from the 354 to the QUIT. The worker must have delivered something before. */
export async function recordDelivery(bench: Bench, message: TestMessage): Promise<readonly Call[]> {
  const mx = await bench.readyMx();
  const pid = workerOf(mx);
  let detach: () => Promise<string> = async () => '';
  await tryOnce(bench.ledger, bench.ledger.open(message), mx.port, {
    beforeMessage: async () => {
      await reported('main');
      ({ detach } = await attachStrace(pid, ['-f', '-e', 'trace=%file,%desc,%network']));
    },
  });
  // By LMTP the thread for files has nothing to do, and may not be there.
  const files = bench.store === undefined ? findThread(pid, 'files') : pid;
  return parseCalls(await detach(), pid, files);
}

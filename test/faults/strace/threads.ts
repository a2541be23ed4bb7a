import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The two threads of a worker that do what a delivery does: `main` speaks to sockets and to SQLite, `files` does what Node does with files. */
export type ThreadRole = 'main' | 'files';

/** The name that libuv gives the threads of its pool. */
const POOL_THREAD = 'libuv-worker';

/** The thread of a role. The pool must have one thread (`UV_THREADPOOL_SIZE=1`) and must have been used. */
export function findThread(pid: number, role: ThreadRole): number {
  if (role === 'main') return pid;
  const pool = threadsOf(pid).filter((tid) => readFileSync(join(taskOf(pid, tid), 'comm'), 'utf8').trim() === POOL_THREAD);
  const [tid] = pool;
  if (tid === undefined || pool.length > 1) throw new Error(`process ${pid} has ${pool.length} threads for files instead of one`);
  return tid;
}

/** True while every thread but the traced one stands still after SIGSTOP; the traced one says something else of itself. */
export function standsStill(pid: number, traced: number): boolean {
  return threadsOf(pid).every((tid) => tid === traced || /^State:\s+T/mu.test(readFileSync(join(taskOf(pid, tid), 'status'), 'utf8')));
}

function threadsOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).map(Number);
}

const taskOf = (pid: number, tid: number) => `/proc/${pid}/task/${tid}`;

import { type Attached, attachStrace } from './attach.ts';
import { type Call, isInternal } from './calls.ts';
import { findThread, type ThreadRole } from './threads.ts';

/**
 * What happens at a call. `kill`: the process dies before the call does anything. `stop`: it stands still after the call. An error, or a
 * plain 0: the call does nothing and says this.
 */
export type Effect = 'kill' | 'stop' | 'EIO' | 'ENOSPC' | 'pretend';

/** Where it happens: the n-th call of a name in a thread, counted from when strace took hold. */
export type Point = Pick<Call, 'thread' | 'name' | 'nth'>;

/** A fault that waits for its call. */
export interface Planted {
  /** Lets go. Resolves with the call that was hit, as strace wrote it; undefined when it never came. */
  readonly remove: () => Promise<string | undefined>;
  /** The thread that strace holds. */
  readonly tid: number;
}

const SPEC: Readonly<Record<Effect, string>> = {
  kill: 'signal=KILL',
  stop: 'signal=STOP',
  EIO: 'error=EIO',
  ENOSPC: 'error=ENOSPC',
  pretend: 'retval=0',
};

/** Plants a fault in a running worker. */
export async function plant(pid: number, { thread, name, nth }: Point, effect: Effect): Promise<Planted> {
  const tid = findThread(pid, thread);
  const args = ['-e', `trace=${name}`, '-e', `inject=${name}:${SPEC[effect]}:when=${nth}`];
  const attached: Attached = await attachStrace(tid, args);
  return {
    tid,
    async remove() {
      const lines = (await attached.detach()).split('\n').filter((line) => line.startsWith(`${name}(`));
      return lines[nth - 1];
    },
  };
}

/** True when the fault met a call that wakes a thread, because the count had shifted: then nothing was shown. */
export function missed(hit: string | undefined): boolean {
  if (hit === undefined) return true;
  const open = hit.indexOf('(');
  return isInternal({ name: hit.slice(0, open), text: hit.slice(open + 1) });
}

/** Every call of a thread whose name is one of these. */
export function pointsOf(calls: readonly Call[], thread: ThreadRole, names: readonly string[]): readonly Call[] {
  return calls.filter((call) => call.thread === thread && names.includes(call.name) && !isInternal(call));
}

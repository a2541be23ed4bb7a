import { readFileSync } from 'node:fs';

/** The processes that a process of ours started, by the kernel's own list (proc(5)). */
export function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);
}

/** True while a process is there and not only waiting to be reaped. */
export function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== undefined && state !== 'Z';
}

/** True while a process stands still after SIGSTOP. */
export function isStopped(pid: number): boolean {
  return stateOf(pid) === 'T';
}

/** The letter of the kernel's list; undefined when there is no such process. */
function stateOf(pid: number): string | undefined {
  try {
    return /^State:\s+(\S)/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

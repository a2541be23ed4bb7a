import { readFileSync } from 'node:fs';

/** The processes that a process of ours started, by the kernel's own list (proc(5)); none when it has ended meanwhile. */
export function childrenOf(pid: number): readonly number[] {
  return readList(pid)
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);
}

function readList(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch {
    return '';
  }
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

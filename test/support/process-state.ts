import { readFileSync } from 'node:fs';
import { waitFor } from './wait-for.ts';

/** The processes that a process of ours started, by the kernel's own list (proc(5)); none when it has ended meanwhile. */
export function childrenOf(pid: number): readonly number[] {
  return readList(pid)
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);
}

/** The workers of mx: it may have a process that writes beside them. */
export function workersOf(mx: number): readonly number[] {
  return childrenOf(mx).filter((pid) => commandOf(pid).includes('\0worker\0'));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
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

/**
 * Does something while a process and its children stand still. When these are mx and its workers, the kernel completes connections and keeps what
 * clients write: all of that is surely said before the greeting.
 */
export async function whileStopped<T>(pid: number, work: () => Promise<T>): Promise<T> {
  const stopped: number[] = [];
  try {
    for (const one of [pid, ...childrenOf(pid)]) {
      process.kill(one, 'SIGSTOP');
      stopped.push(one);
    }
    await waitFor('the processes stand still', () => (stopped.every((one) => isStopped(one)) ? true : undefined));
    return await work();
  } finally {
    for (const one of stopped) process.kill(one, 'SIGCONT');
  }
}

/** The letter of the kernel's list; undefined when there is no such process. */
function stateOf(pid: number): string | undefined {
  try {
    return /^State:\s+(\S)/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

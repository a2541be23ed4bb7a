import { readFileSync } from 'node:fs';
import { childrenOf } from './process-state.ts';

/** Resident octets of a process; 0 when it is gone (proc(5)). */
export function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Resident octets of mx: its primary and workers, and, apart from them, the archive readers below. */
export function residentOfMx(pid: number): { readonly mx: number; readonly readers: number } {
  const workers = childrenOf(pid);
  const readers = workers.flatMap((worker) => childrenSafely(worker));
  const sum = (pids: readonly number[]) => pids.reduce((total, one) => total + residentBytes(one), 0);
  return { mx: sum([pid, ...workers]), readers: sum(readers) };
}

function childrenSafely(pid: number): readonly number[] {
  try {
    return childrenOf(pid);
  } catch {
    // It ended in between.
    return [];
  }
}

import { readFile } from 'node:fs/promises';

/** Pages are 4 KiB on every machine that this runs on; where they are larger, the bound is that much wider. */
const PAGE_BYTES = 4096;

/** Resident memory of a process in bytes; undefined where it cannot be told (it ended, or this is not Linux). */
export async function residentBytes(pid: number): Promise<number | undefined> {
  try {
    const pages = Number((await readFile(`/proc/${pid}/statm`, 'latin1')).split(' ')[1]);
    return Number.isFinite(pages) ? pages * PAGE_BYTES : undefined;
  } catch {
    return undefined;
  }
}

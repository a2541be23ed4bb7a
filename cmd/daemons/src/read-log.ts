import { readFileSync } from 'node:fs';

/** A daemon's log file; empty while there is none. */
export function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

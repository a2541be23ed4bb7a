import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram } from '@vratny/daemons';
import { waitFor } from '@vratny/support/wait-for';
import { STRACE_MS } from '../limits.ts';

/** strace holding a thread, or all of them. */
export interface Attached {
  /** What it has written so far; complete after {@link detach}. */
  log(): string;
  /** Lets go, unless what it held is gone already, and resolves with the log. */
  detach(): Promise<string>;
}

let attachments = 0;

/** Gives a running thread to strace; with `-f` among the arguments its whole process. Resolves as soon as it is held. */
export async function attachStrace(tid: number, args: readonly string[]): Promise<Attached> {
  attachments += 1;
  const file = join(tmpdir(), `vratny-strace-${process.pid}-${attachments}.log`);
  const program = startProgram('strace', ['-y', '-s', '64', '-o', file, ...args, '-p', String(tid)]);
  const log = () => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  const detach = async () => {
    await program.stop();
    const text = log();
    rmSync(file, { force: true });
    return text;
  };
  try {
    await waitFor(
      `strace holds thread ${tid}`,
      () => {
        // What it held may be gone already: a fault that was met at once.
        if (/ attached\b/u.test(program.stderr())) return true;
        if (program.ending() !== undefined) throw new Error(`strace ended: ${program.stderr()}`);
        return undefined;
      },
      { deadlineMs: STRACE_MS, explain: program.stderr },
    );
  } catch (error) {
    await detach();
    throw error;
  }
  return { log, detach };
}

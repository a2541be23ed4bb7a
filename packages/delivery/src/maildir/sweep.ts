import { join } from 'node:path';
import { KNOWN_MAILBOXES_MAX, LEFTOVER_AGE_MS, SWEEP_EVERY_MS, SWEEP_NAMES_MAX, SWEEPS_WAITING_MAX } from '../limits.ts';
import { type MaildirFiles, removeFile } from './files.ts';

/** Removes what killed processes left in `tmp`, one mailbox at a time, beside the deliveries and never before one. */
export interface Sweep {
  /** Says that a mailbox is in use: it is swept soon, unless it was not long ago. */
  visit(mailbox: string): void;
  /** Ends with the file that is at hand. */
  close(): void;
}

/** Creates a sweep that has nothing to do yet. Maildir's rule: a file in `tmp` that is older than 36 hours is nobody's. */
export function createSweep(files: MaildirFiles, now: () => Date): Sweep {
  const swept = new Map<string, number>();
  const waiting = new Set<string>();
  let running = false;
  let closed = false;

  async function sweepOne(mailbox: string): Promise<void> {
    let looked = 0;
    for await (const name of files.names(join(mailbox, 'tmp'))) {
      looked += 1;
      if (closed || looked > SWEEP_NAMES_MAX) return;
      const path = join(mailbox, 'tmp', name);
      const changedAt = await files.lastChangeOf(path).catch(() => undefined);
      if (changedAt !== undefined && now().getTime() - changedAt > LEFTOVER_AGE_MS) await removeFile(files, path);
    }
  }
  async function run(): Promise<void> {
    running = true;
    for (const mailbox of waiting) {
      if (closed) break;
      // A Set goes on with what is added meanwhile. A mailbox that cannot be read is swept another time.
      await sweepOne(mailbox).catch(() => undefined);
      waiting.delete(mailbox);
    }
    running = false;
  }
  return {
    visit(mailbox) {
      const at = now().getTime();
      const last = swept.get(mailbox);
      // Also when the clock was set back.
      if (last !== undefined && Math.abs(at - last) < SWEEP_EVERY_MS) return;
      if (closed || waiting.size >= SWEEPS_WAITING_MAX) return;
      // Deleted and set again: the first entry is the one swept longest ago.
      swept.delete(mailbox);
      swept.set(mailbox, at);
      const [oldest] = swept.keys();
      if (swept.size > KNOWN_MAILBOXES_MAX && oldest !== undefined) swept.delete(oldest);
      waiting.add(mailbox);
      if (!running) void run();
    },
    close() {
      closed = true;
    },
  };
}

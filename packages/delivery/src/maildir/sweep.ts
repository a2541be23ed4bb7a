import { join } from 'node:path';
import { KNOWN_MAILBOXES_MAX, LEFTOVER_AGE_MS, SWEEP_EVERY_MS, SWEEP_NAMES_MAX, SWEEPS_WAITING_MAX } from '../limits.ts';
import { type MaildirFiles, removeFile } from './files.ts';

/** Removes files that killed processes left in `tmp`, one mailbox at a time. Deliveries do not wait for it. */
export interface Sweep {
  /** Schedules a sweep of a mailbox, unless it was swept recently. */
  schedule(mailbox: string): void;
  /** Stops after the current file. */
  close(): void;
}

/** Creates a sweeper. The Maildir specification allows removing files in `tmp` that are older than 36 hours. */
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
      // Iterating a Set includes items that are added meanwhile. A mailbox that cannot be read is swept another time.
      await sweepOne(mailbox).catch(() => undefined);
      waiting.delete(mailbox);
    }
    running = false;
  }
  return {
    schedule(mailbox) {
      const at = now().getTime();
      const last = swept.get(mailbox);
      // The difference is negative when the clock was set back.
      if (last !== undefined && Math.abs(at - last) < SWEEP_EVERY_MS) return;
      if (closed || waiting.size >= SWEEPS_WAITING_MAX) return;
      // Deleting and setting moves the entry to the end, so the first entry was swept longest ago.
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

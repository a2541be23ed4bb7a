import { setTimeout as pause } from 'node:timers/promises';
import { DRAIN_PAUSE_MS, DRAIN_ROUNDS_MAX } from '../limits.ts';
import { type AttemptMoments, attemptMessage } from './attempt.ts';
import { type ClientLedger, type Entry, pendingOf } from './client-ledger.ts';

/** Where to send, and what stands for the passing of time. */
export interface DrainOptions {
  /** Asked anew for each attempt: mx may have come back on another one. */
  readonly port: () => number;
  /** Before each round. Makes leases of dead owners end, which is the same as waiting for it; see `expire-leases.ts`. */
  readonly letTimePass?: () => void | Promise<void>;
  /** Hears of every attempt. */
  readonly onAttempt?: (entry: Entry) => void | Promise<void>;
}

/** Tries once for all recipients that have no final reply yet, and writes it down. */
export async function tryOnce(ledger: ClientLedger, entry: Entry, port: number, moments?: AttemptMoments): Promise<void> {
  ledger.note(entry, await attemptMessage(port, entry.message, pendingOf(entry), moments));
}

/** Tries again, one message after the other, as a sender's queue does, until every recipient has a final reply. Rejects when that does not come. */
export async function drain(ledger: ClientLedger, options: DrainOptions): Promise<void> {
  for (let round = 1; ; round += 1) {
    const waiting = ledger.entries.filter((entry) => pendingOf(entry).length > 0);
    if (waiting.length === 0) return;
    if (round > DRAIN_ROUNDS_MAX)
      throw new Error(`no final reply after ${DRAIN_ROUNDS_MAX} rounds:\n${waiting.map(describeEntry).join('\n')}`);
    if (round > 1) await pause(DRAIN_PAUSE_MS);
    await options.letTimePass?.();
    for (const entry of waiting) {
      await tryOnce(ledger, entry, options.port());
      await options.onAttempt?.(entry);
    }
  }
}

/** What happened to a message, for a person. */
export function describeEntry({ message, attempts }: Entry): string {
  const endings = attempts.map(({ startedAt, ms, ending }) => {
    const how = ending.kind === 'reply' ? ending.reply.text : `lost: ${ending.why}`;
    return `  ${startedAt.toISOString()} +${ms} ms ${how}`;
  });
  return [`${message.token} for ${message.recipients.join(', ')}`, ...endings].join('\n');
}

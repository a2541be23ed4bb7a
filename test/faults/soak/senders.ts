import { setTimeout as pause } from 'node:timers/promises';
import { type Attempt, attemptMessage } from '../ledger/attempt.ts';
import { type ClientLedger, type Entry, pendingOf } from '../ledger/client-ledger.ts';
import type { TestMessage } from '../ledger/message.ts';
import type { SoakNode } from './nodes.ts';
import { type Random, type SoakPlan, within } from './plan.ts';
import { wildMoments } from './wild-client.ts';

/** What the senders of a soak send, and to whom. */
export interface Sending {
  readonly ledger: ClientLedger;
  readonly nodes: readonly SoakNode[];
  readonly plan: SoakPlan;
  readonly random: Random;
  readonly newMessage: (at: number) => TestMessage;
  readonly tell: (what: string) => void;
  /** Which node an attempt was made at. */
  readonly nodeOf: Map<Attempt, number>;
  readonly signal: AbortSignal;
}

/** In a soak a message is tried so often; after that it waits for the end of all trouble. */
const ATTEMPTS_MAX = 6;
/** As sending servers do, but for the minutes. */
const RETRY_MS = [50, 1_500] as const;
const LOOK_MS = 5;

/** Sends all messages, each again as long as it has no final reply; resolves when nobody sends any more. `sent` is how many were begun. */
export async function sendAll(sending: Sending, progress: { sent: number }): Promise<void> {
  const { plan, signal, random, ledger } = sending;
  const due: { entry: Entry; at: number }[] = [];
  const started = performance.now();
  let waiting = 0;
  const next = (): Entry | undefined => {
    const now = performance.now();
    const ready = due.findIndex((one) => one.at <= now);
    if (ready !== -1) return due.splice(ready, 1)[0]?.entry;
    if (progress.sent >= plan.messages || now - started < (progress.sent / plan.perSecond) * 1_000) return undefined;
    progress.sent += 1;
    return ledger.open(sending.newMessage(progress.sent));
  };
  const send = async () => {
    while (!signal.aborted && (progress.sent < plan.messages || due.length > 0 || waiting > 0)) {
      const entry = next();
      if (entry === undefined) {
        await pause(LOOK_MS);
        continue;
      }
      waiting += 1;
      await tryAtRandom(sending, entry);
      waiting -= 1;
      const again = pendingOf(entry).length > 0 && entry.attempts.length < ATTEMPTS_MAX;
      if (again) due.push({ entry, at: performance.now() + within(RETRY_MS, random) });
    }
  };
  await Promise.all(Array.from({ length: plan.senders }, send));
}

async function tryAtRandom({ nodes, random, ledger, nodeOf, tell }: Sending, entry: Entry): Promise<void> {
  const drawn = Math.floor(random() * nodes.length);
  const on = nodes[drawn]?.listens() === true ? drawn : nodes.findIndex((node) => node.listens());
  // Nobody is there: that is no attempt. Without a real pause the senders would go through all messages in one turn of the event loop, again and
  // again, and no node could ever be seen to come back.
  if (on === -1) {
    await pause(LOOK_MS);
    return;
  }
  const attempt = await attemptMessage(nodes[on]?.port() ?? 0, entry.message, pendingOf(entry), wildMoments(random, tell));
  nodeOf.set(attempt, on);
  ledger.note(entry, attempt);
}

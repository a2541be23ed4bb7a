import type { Bench } from './bench.ts';
import { pendingOf } from './ledger/client-ledger.ts';
import { tryOnce } from './ledger/drain.ts';
import { explainHandOvers } from './store/hand-overs.ts';
import { type Call, looksLike } from './strace/calls.ts';
import { type Point, plant } from './strace/inject.ts';
import { reported, workerOf } from './strace/record.ts';

/** What a kill came to: the call that it met, if it met one, and what the client saw of it. */
export interface Kill {
  /** As strace wrote it; undefined when the delivery was over before. */
  readonly hit: string | undefined;
  readonly seen: 'acknowledged' | 'delayed' | 'lost';
  /** Second copies that would be explained, because the store had the message and mx had not noted it. */
  readonly excused: number;
}

/** The shape of the message that is under way when the worker dies. */
export interface KilledMessage {
  readonly recipients: number;
  readonly bodyBytes: number;
}

/** Kills the worker at a point of a delivery, and lets the client try again until everything has its final reply. */
export async function killAt(bench: Bench, point: Point, shape: KilledMessage): Promise<Kill> {
  const mx = await bench.readyMx();
  const { ledger, store, world } = bench;
  const entry = ledger.open(bench.newMessage(`${point.thread}-${point.name}-${point.nth}`, shape));
  let remove: () => Promise<string | undefined> = async () => undefined;
  await tryOnce(ledger, entry, mx.port, {
    beforeMessage: async () => {
      await reported(point.thread);
      ({ remove } = await plant(workerOf(mx), point, 'kill'));
    },
  });
  const hit = await remove();
  const [first] = entry.attempts;
  const seenBefore = new Map<string, number>();
  const explain = () => {
    if (store !== undefined && pendingOf(entry).length > 0) explainHandOvers(ledger, entry, store, world.stateFile, seenBefore);
  };
  explain();
  const seen = first?.ending.kind === 'lost' ? 'lost' : pendingOf(entry).length === 0 ? 'acknowledged' : 'delayed';
  await bench.drain(explain);
  return { hit, seen, excused: entry.causes.length };
}

/** How far the count of a call shifts from one delivery to the next. */
const SHIFTS: readonly number[] = [0, -1, -2, 1];

/** Kills at a recorded call of the kind that must be met, and again nearby until it is: the counts of the main thread are not always the same. */
export async function killUntilMet(bench: Bench, call: Call, shape: KilledMessage): Promise<readonly Kill[]> {
  const kills: Kill[] = [];
  for (const shift of SHIFTS) {
    if (call.nth + shift < 1) continue;
    const kill = await killAt(bench, { ...call, nth: call.nth + shift }, shape);
    kills.push(kill);
    if (kill.seen === 'lost' && looksLike(call, kill.hit)) break;
  }
  return kills;
}

import type { Told } from './entries.ts';
import type { BatchId, HistoryCount, HistoryEntry } from './port.ts';

/** What one message to the writer holds. */
export interface Batch extends BatchId {
  readonly entries: readonly HistoryEntry[];
  readonly counts: readonly HistoryCount[];
}

/** Bounds of what waits for the writer, and how it is sent. */
export interface QueueOptions {
  /** The name of this queue, which no other has or had. */
  readonly source: string;
  /** Entries and counts that wait, those in batches without an answer included; more are dropped. */
  readonly max: number;
  /** Entries of one batch. */
  readonly batchMax: number;
  /** Hands a batch over; false when there is nobody to take it. Never waits. */
  readonly send: (batch: Batch) => boolean;
  /** What was dropped since the last call. */
  readonly onDropped: (dropped: Dropped) => void;
}

/** What is missing in the store. */
export interface Dropped {
  readonly entries: number;
  /** Decisions that are not in the counts either. */
  readonly counts: number;
}

/** Entries on their way to the writer. Nobody waits for it: what it does not take in time is dropped and counted. */
export interface HistoryQueue {
  add(told: Told): void;
  /** Sends what has gathered, and tells of what was dropped. */
  flush(): void;
  /** The writer has stored a batch, and with it all before it. */
  stored(nth: number): void;
  /** There is another writer, which has nothing of what was not answered: it is sent again. */
  resend(): void;
  /** Entries that were not stored so far. */
  waiting(): number;
  /** Nothing is left to store, counts included. */
  isIdle(): boolean;
  /** Drops what was not stored, and tells of it. A batch without an answer counts as dropped: perhaps it was stored all the same. */
  end(): void;
}

/** Makes one. One batch is under way at a time: the next one gathers meanwhile. */
export function createHistoryQueue({ source, max, batchMax, send, onDropped }: QueueOptions): HistoryQueue {
  let entries: HistoryEntry[] = [];
  let counts = new Map<string, HistoryCount>();
  let underWay: Batch | undefined;
  let sent = false;
  let nth = 0;
  let dropped = { entries: 0, counts: 0 };

  const waiting = () => entries.length + (underWay?.entries.length ?? 0);
  const flush = () => {
    if (dropped.entries + dropped.counts > 0) {
      onDropped(dropped);
      dropped = { entries: 0, counts: 0 };
    }
    if (underWay === undefined && entries.length + counts.size > 0) {
      nth += 1;
      underWay = { source, nth, entries: entries.slice(0, batchMax), counts: [...counts.values()] };
      entries = entries.slice(batchMax);
      counts = new Map();
    }
    if (underWay !== undefined && !sent) sent = send(underWay);
  };
  return {
    add(told) {
      for (const one of told.entries) {
        if (waiting() < max) entries.push(one);
        else dropped.entries += 1;
      }
      for (const one of told.counts) {
        const key = `${one.domain}\n${one.day}\n${one.check}\n${one.verdict}`;
        const known = counts.get(key);
        if (known !== undefined) counts.set(key, { ...known, count: known.count + one.count });
        else if (counts.size < max) counts.set(key, one);
        else dropped.counts += one.count;
      }
      if (entries.length >= batchMax) flush();
    },
    flush,
    stored(stored) {
      if (underWay === undefined || stored < underWay.nth) return;
      [underWay, sent] = [undefined, false];
      if (entries.length >= batchMax) flush();
    },
    resend() {
      sent = false;
      flush();
    },
    waiting,
    isIdle: () => underWay === undefined && entries.length + counts.size === 0,
    end() {
      const left = sumOf(underWay?.counts ?? []) + sumOf(counts.values());
      const all = { entries: dropped.entries + waiting(), counts: dropped.counts + left };
      [entries, counts, underWay] = [[], new Map(), undefined];
      dropped = { entries: 0, counts: 0 };
      if (all.entries + all.counts > 0) onDropped(all);
    },
  };
}

function sumOf(counts: Iterable<HistoryCount>): number {
  let sum = 0;
  for (const { count } of counts) sum += count;
  return sum;
}

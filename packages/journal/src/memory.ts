import { MEMORY_EVENTS_MAX } from './limits.ts';
import type { Event, Journal } from './port.ts';

/** A journal that keeps its events, for tests. */
export interface MemoryJournal extends Journal {
  /** In the order in which they were recorded; the first 100,000. */
  readonly events: readonly Event[];
  /** How many came after those, or after `close()`. */
  readonly dropped: number;
}

/** Makes a journal that keeps its events in memory. */
export function createMemoryJournal(): MemoryJournal {
  const events: Event[] = [];
  let dropped = 0;
  let closed = false;
  return {
    events,
    get dropped() {
      return dropped;
    },
    record(event) {
      if (closed || events.length >= MEMORY_EVENTS_MAX) dropped += 1;
      else events.push(event);
    },
    async close() {
      closed = true;
    },
  };
}

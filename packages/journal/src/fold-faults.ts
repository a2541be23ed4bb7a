import { FAULT_KINDS_MAX } from './limits.ts';
import type { Event, Journal } from './port.ts';

type Fault = Extract<Event, { kind: 'fault' }>;

interface Folded {
  /** The last one that was not written. */
  last: Fault | undefined;
  count: number;
  timer: NodeJS.Timeout;
}

/**
 * Writes the first fault of a kind at once, and those that follow it as one event after each `everyMs`, the last of them with their number. Faults are
 * of one kind when they have the same origin and say the same but for numbers and identifiers. All other events pass.
 */
export function foldFaults(journal: Journal, everyMs: number): Journal {
  const kinds = new Map<string, Folded>();

  const write = ({ last, count }: Folded) => {
    if (last) journal.record({ ...last, count });
  };
  const look = (kind: string) => {
    const folded = kinds.get(kind);
    if (!folded) return;
    write(folded);
    if (folded.last === undefined) kinds.delete(kind);
    else {
      folded.last = undefined;
      folded.count = 0;
      folded.timer = setTimeout(look, everyMs, kind).unref();
    }
  };
  return {
    record(event) {
      if (event.kind !== 'fault') {
        journal.record(event);
        return;
      }
      const kind = kinds.size < FAULT_KINDS_MAX ? kindOf(event) : event.where;
      const folded = kinds.get(kind);
      if (folded) {
        folded.last = event;
        folded.count += 1;
        return;
      }
      kinds.set(kind, { last: undefined, count: 0, timer: setTimeout(look, everyMs, kind).unref() });
      journal.record(event);
    },
    async close() {
      for (const folded of kinds.values()) {
        clearTimeout(folded.timer);
        write(folded);
      }
      kinds.clear();
      await journal.close();
    },
  };
}

/** Characters of a detail that tell its kind. */
const KIND_CHARACTERS = 200;

function kindOf({ where, detail }: Fault): string {
  const words = detail.slice(0, KIND_CHARACTERS).replace(/[0-9a-z]*\d[0-9a-z]*/giu, '#');
  return `${where} ${words}`;
}

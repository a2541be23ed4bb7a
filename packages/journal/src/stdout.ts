import type { Writable } from 'node:stream';
import { formatDropped, formatEvent } from './format-event.ts';
import { BACKLOG_MAX_BYTES, CLOSE_DEADLINE_MS, GATHER_BYTES, GATHER_MS } from './limits.ts';
import type { Journal } from './port.ts';

/** Where the lines go, and what time it is. */
export interface StdoutJournalOptions {
  /** Usually standard error. Must take writes without blocking; it is not ended by `close()`. */
  readonly stream: Writable;
  readonly now: () => Date;
}

/** A journal that gathers lines. */
export interface StdoutJournal extends Journal {
  /** Hands what was gathered to the stream: for a process that ends without closing its journal. Never throws. */
  flush(): void;
}

/**
 * A journal of JSON lines, one per event. A line that comes after a pause is written at once; those of the {@link GATHER_MS} after it are one write. When the
 * reader is so slow that more than 8 MiB wait, events are dropped and counted, and the next line that goes out says how many. A stream that broke drops
 * everything after it.
 */
export function createStdoutJournal({ stream, now }: StdoutJournalOptions): StdoutJournal {
  const lines = createLines(stream);
  let dropped = 0;
  let closed = false;

  // Without a listener a log collector that went away (EPIPE) would end the process. What breaks is seen by `writable` below.
  const ignore = (): void => undefined;
  stream.on('error', ignore);

  const takes = (): boolean => stream.writable && stream.writableLength + lines.gathered() < BACKLOG_MAX_BYTES;

  const reportDropped = (): void => {
    if (dropped === 0 || !takes()) return;
    lines.add(formatDropped(dropped, now()));
    dropped = 0;
  };

  return {
    record(event) {
      if (closed || !takes()) {
        dropped += 1;
        return;
      }
      try {
        const line = formatEvent(event, now());
        reportDropped();
        lines.add(line);
      } catch {
        // An event that cannot be written is a bug of ours; it must not become one of the session that reported it.
        dropped += 1;
      }
    },
    flush: () => lines.flush(),
    async close() {
      if (closed) return;
      closed = true;
      reportDropped();
      lines.flush();
      await drain(stream);
    },
  };
}

interface Lines {
  add(line: string): void;
  /** Characters that wait for their write. */
  gathered(): number;
  flush(): void;
}

function createLines(stream: Writable): Lines {
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    const text = waiting;
    waiting = '';
    if (text !== '') stream.write(text);
  };
  const endPause = (): void => {
    timer = undefined;
    if (waiting === '') return;
    flush();
    gather();
  };
  // It keeps no process alive: one that ends flushes.
  const gather = (): void => {
    timer = setTimeout(endPause, GATHER_MS).unref();
  };
  return {
    add(line) {
      waiting += `${line}\n`;
      if (timer !== undefined && waiting.length < GATHER_BYTES) return;
      flush();
      if (timer === undefined) gather();
    },
    gathered: () => waiting.length,
    flush,
  };
}

/** Waits until everything written so far has left, at most until the deadline. */
async function drain(stream: Writable): Promise<void> {
  if (!stream.writable || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(resolve, CLOSE_DEADLINE_MS);
    stream.write('', () => {
      clearTimeout(deadline);
      resolve();
    });
  });
}

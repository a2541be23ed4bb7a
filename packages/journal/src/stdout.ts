import type { Writable } from 'node:stream';
import { BACKLOG_MAX_BYTES, CLOSE_DEADLINE_MS } from './limits.ts';
import { formatDropped, formatEvent } from './line.ts';
import type { Journal } from './port.ts';

/** Where the lines go, and what time it is. */
export interface StdoutJournalOptions {
  /** Usually standard error. Must take writes without blocking; it is not ended by `close()`. */
  readonly stream: Writable;
  readonly now: () => Date;
}

/**
 * A journal of JSON lines, one per event. When the reader is so slow that more than 8 MiB wait, events are dropped and counted, and the
 * next line that goes out says how many. A stream that broke drops everything after it.
 */
export function createStdoutJournal({ stream, now }: StdoutJournalOptions): Journal {
  let dropped = 0;
  let closed = false;

  // Without a listener a log collector that went away (EPIPE) would end the process. What breaks is seen by `writable` below.
  const ignore = (): void => undefined;
  stream.on('error', ignore);

  const takes = (): boolean => stream.writable && stream.writableLength < BACKLOG_MAX_BYTES;

  const reportDropped = (): void => {
    if (dropped === 0 || !takes()) return;
    stream.write(`${formatDropped(dropped, now())}\n`);
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
        stream.write(`${line}\n`);
      } catch {
        // An event that cannot be written is a bug of ours; it must not become one of the session that reported it.
        dropped += 1;
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      reportDropped();
      await flush(stream);
    },
  };
}

/** Waits until everything written so far has left, at most until the deadline. */
async function flush(stream: Writable): Promise<void> {
  if (!stream.writable || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(resolve, CLOSE_DEADLINE_MS);
    stream.write('', () => {
      clearTimeout(deadline);
      resolve();
    });
  });
}

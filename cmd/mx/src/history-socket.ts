import { randomUUID } from 'node:crypto';
import { createConnection, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Event, Journal } from '@vratny/journal';
import type { History, HistoryEntry } from '@vratny/journal/history';
import { formatBatch, readBatches } from '@vratny/journal/history/batch-lines';
import { tellHistory } from '@vratny/journal/history/entries';
import { type Batch, createHistoryQueue, type Dropped } from '@vratny/journal/history/queue';
import { createSampler } from '@vratny/journal/history/sampler';
import { describeError } from '@vratny/text';
import { HISTORY_AGAIN_MS, HISTORY_BATCH, HISTORY_CLOSE_MS, HISTORY_FLUSH_MS, HISTORY_WAITING_MAX } from './limits.ts';

/**
 * Stores what workers send to a local socket, one batch after the other, and answers each with its number. What the store does not take is tried again
 * until it does: the workers drop what does not fit into their queues meanwhile. Resolves with a function that ends it.
 */
export async function serveHistory(options: {
  readonly path: string;
  readonly history: Pick<History, 'add'>;
  /** Entries that were stored today, before this process began. */
  readonly known: readonly HistoryEntry[];
  readonly onFault: (detail: string) => void;
}): Promise<() => void> {
  const { path, history, known, onFault } = options;
  const isKept = createSampler(known);
  let last: Promise<void> = Promise.resolve();
  const store = async (socket: Socket, { source, nth, entries, counts }: Batch): Promise<void> => {
    const kept = entries.filter(isKept);
    while (!socket.destroyed) {
      try {
        await history.add(kept, counts, { source, nth });
        socket.write(`${nth}\n`);
        return;
      } catch (error) {
        onFault(describeError(error));
        await new Promise((resolve) => setTimeout(resolve, HISTORY_AGAIN_MS));
      }
    }
  };
  const server = createServer((socket) => {
    const read = readBatches((batch) => {
      last = last.then(() => store(socket, batch)).catch((error: unknown) => onFault(describeError(error)));
    });
    socket.on('error', () => socket.destroy());
    socket.setEncoding('utf8').on('data', read);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return () => void server.close();
}

/** Reads lines until the connection ends or breaks; its `close` tells of both. */
function eachLine(socket: Socket, read: (line: string) => void): void {
  socket.on('error', () => socket.destroy());
  // The lines' reader emits the socket's errors once more.
  createInterface({ input: socket })
    .on('line', read)
    .on('error', () => undefined);
}

/** What a worker has of the history. */
export interface HistoryLink {
  /** The journal, and beside it the history. */
  readonly journal: Journal;
  /** Waits until everything is stored, but not for long; what is not by then counts as dropped. */
  close(): Promise<void>;
}

/** Sends what a journal is told to the socket as well. Never waits: while nobody stores it, it gathers up to a bound, and what is beyond is counted. */
export function linkHistory(
  journal: Journal,
  { path, now, onDropped }: { readonly path: string; readonly now: () => Date; readonly onDropped: (dropped: Dropped) => void },
): HistoryLink {
  let socket: Socket | undefined;
  const isKept = createSampler();
  const queue = createHistoryQueue({
    source: randomUUID(),
    max: HISTORY_WAITING_MAX,
    batchMax: HISTORY_BATCH,
    send(batch) {
      if (socket === undefined || socket.destroyed) return false;
      socket.write(formatBatch(batch));
      return true;
    },
    onDropped,
  });
  const connection = keepConnected(path, {
    onConnect: (fresh) => {
      socket = fresh;
      queue.resend();
    },
    onLine: (line) => queue.stored(Number(line)),
  });
  const flushing = setInterval(() => queue.flush(), HISTORY_FLUSH_MS).unref();
  const history = tellHistory((told) => queue.add({ ...told, entries: told.entries.filter(isKept) }), now);
  return {
    journal: {
      record(event: Event) {
        journal.record(event);
        history.record(event);
      },
      close: () => journal.close(),
    },
    async close() {
      const end = performance.now() + HISTORY_CLOSE_MS;
      history.flush();
      queue.flush();
      while (!queue.isIdle() && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, HISTORY_FLUSH_MS));
        queue.flush();
      }
      queue.end();
      clearInterval(flushing);
      connection.end();
    },
  };
}

/** Connects to a local socket, and again whenever the connection ended. */
function keepConnected(
  path: string,
  { onConnect, onLine }: { readonly onConnect: (socket: Socket) => void; readonly onLine: (line: string) => void },
): { end(): void } {
  let ended = false;
  let current: Socket | undefined;
  const connect = (): void => {
    if (ended) return;
    const socket = createConnection(path);
    current = socket;
    socket.once('connect', () => onConnect(socket));
    eachLine(socket, onLine);
    socket.once('close', () => void setTimeout(connect, HISTORY_AGAIN_MS).unref());
  };
  connect();
  return {
    end() {
      ended = true;
      current?.destroy();
    },
  };
}

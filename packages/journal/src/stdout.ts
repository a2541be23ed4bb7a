import type { Writable } from 'node:stream';
import { cleanText } from '@vratny/text';
import { BACKLOG_MAX_BYTES, CLOSE_DEADLINE_MS, GATHER_BYTES, GATHER_MS, LIST_MAX, TEXT_MAX } from './limits.ts';
import type { Event, FactEntry, Journal, Occasion, Trace, TraceEntry } from './port.ts';

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

/** One event as the single JSON line that stands for it, without the line break. Strangers' texts are cleaned and bounded. */
function formatEvent(event: Event, at: Date): string {
  return JSON.stringify({ time: at.toISOString(), kind: event.kind, ...flatten(event) });
}

/** The line that says how many events were dropped before it. */
function formatDropped(count: number, at: Date): string {
  return JSON.stringify({ time: at.toISOString(), kind: 'dropped', count });
}

function flatten(event: Event): Record<string, unknown> {
  switch (event.kind) {
    case 'decision':
      return { id: text(event.id), ...flattenOccasion(event.occasion), ...flattenTrace(event.trace, event.reply) };
    case 'delivery':
      return {
        id: text(event.id),
        ...flattenOccasion(event.occasion),
        sizeBytes: event.sizeBytes,
        sha256: text(event.sha256),
        stored: texts(event.stored),
        already: event.already === undefined ? undefined : texts(event.already),
        failed: event.failed.slice(0, LIST_MAX).map((one) => ({ mailbox: text(one.mailbox), detail: text(one.detail) })),
        resumed: event.resumed,
        stateAway: event.stateAway,
        ms: round(event.ms),
        reply: text(event.reply),
      };
    case 'message':
      return {
        id: text(event.id),
        client: text(event.client),
        helo: optional(event.helo),
        sender: optional(event.sender),
        recipients: event.recipients === undefined ? undefined : texts(event.recipients),
        sizeBytes: event.sizeBytes,
        ms: round(event.ms),
        reply: text(event.reply),
      };
    case 'protocol':
      return { id: text(event.id), ...flattenOccasion(event.occasion), verb: text(event.verb), reply: text(event.reply) };
    case 'session':
      return { ...flattenOccasion(event.occasion), what: event.what, detail: optional(event.detail), count: event.count };
    case 'fault':
      return { session: optional(event.session), where: text(event.where), detail: text(event.detail), count: event.count };
    case 'process':
      return { what: event.what, detail: optional(event.detail) };
  }
}

function flattenOccasion(occasion: Occasion): Record<string, unknown> {
  return {
    session: text(occasion.session),
    host: text(occasion.host),
    client: text(occasion.client),
    helo: optional(occasion.helo),
    sender: optional(occasion.sender),
    recipients: occasion.recipients === undefined ? undefined : texts(occasion.recipients),
  };
}

function flattenTrace(trace: Trace, reply: string): Record<string, unknown> {
  return {
    stage: trace.stage,
    verdict: trace.verdict,
    by: optional(trace.by),
    reply: text(reply),
    checks: trace.checks.slice(0, LIST_MAX).map(flattenCheck),
    facts: Object.fromEntries(trace.facts.slice(0, LIST_MAX).map(flattenFact)),
  };
}

function flattenCheck(entry: TraceEntry): Record<string, unknown> {
  return {
    check: text(entry.check),
    outcome: entry.outcome,
    observed: entry.observed,
    reply: optional(entry.reply),
    detail: optional(entry.detail),
  };
}

function flattenFact(entry: FactEntry): [string, Record<string, unknown>] {
  return [text(entry.fact), { ms: round(entry.ms), value: text(entry.value), fault: entry.fault }];
}

function optional(value: string | undefined): string | undefined {
  return value === undefined ? undefined : text(value);
}

/** Nearly all texts. */
const PLAIN = /^[\u0020-\u007e]*$/u;

function text(value: string): string {
  if (value.length <= TEXT_MAX && PLAIN.test(value)) return value;
  return cleanText(value, { instead: '\ufffd', max: TEXT_MAX, more: '…' });
}

function texts(values: readonly string[]): string[] {
  const kept = values.slice(0, LIST_MAX).map(text);
  return values.length > LIST_MAX ? [...kept, `… and ${values.length - LIST_MAX} more`] : kept;
}

/** Milliseconds to two places: more would only be noise. */
function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

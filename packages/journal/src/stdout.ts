import type { Writable } from 'node:stream';
import { cleanText } from '@vratny/text';
import { BACKLOG_MAX_BYTES, CLOSE_DEADLINE_MS, GATHER_BYTES, GATHER_MS, LIST_MAX, TEXT_MAX } from './limits.ts';
import type { Event, FactEntry, Journal, Occasion, Trace, TraceEntry } from './port.ts';

/** Where the lines go, and what time it is. */
interface StdoutJournalOptions {
  /** Usually standard error. Must take writes without blocking; it is not ended by `close()`. */
  readonly stream: Writable;
  readonly now: () => Date;
}

/** A journal that gathers lines. */
interface StdoutJournal extends Journal {
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

/**
 * One event as the single JSON line that stands for it, without the line break. Strangers' texts are cleaned and bounded. The text is put together here:
 * an object that is made only to be turned into text costs three times as much, and each message is four lines.
 */
export function formatEvent(event: Event, at: Date): string {
  return `{"time":"${at.toISOString()}","kind":"${event.kind}"${membersOf(event)}}`;
}

/** The line that says how many events were dropped before it. */
export function formatDropped(count: number, at: Date): string {
  return `{"time":"${at.toISOString()}","kind":"dropped"${number('count', count)}}`;
}

/** A trace, and the reply that it led to, as the journal writes them: a JSON object. */
export function formatTrace(trace: Trace, reply: string): string {
  return `{${traceOf(trace, reply).slice(1)}}`;
}

/** What the store did, as the journal writes it: a JSON object. */
export function formatDelivery(event: Delivery): string {
  return `{${deliveryOf(event, event.reply).slice(1)}}`;
}

/** A stranger's text, cleaned and bounded as in the journal. */
export function boundText(value: string): string {
  return value.length <= TEXT_MAX && PLAIN.test(value) ? value : cleanText(value, { instead: '\ufffd', max: TEXT_MAX, more: '…' });
}

function membersOf(event: Event): string {
  switch (event.kind) {
    case 'decision':
      return (
        text('id', event.id) +
        occasionOf(event.occasion) +
        traceOf(event.trace, event.reply) +
        number('sizeBytes', event.sizeBytes) +
        flag('evidenceFollows', event.evidenceFollows)
      );
    case 'evidence':
      return text('id', event.id) + factsOf(event.facts);
    case 'delivery':
      return text('id', event.id) + occasionOf(event.occasion) + deliveryOf(event, event.reply);
    case 'message':
      return (
        text('id', event.id) +
        text('client', event.client) +
        optional('helo', event.helo) +
        optional('sender', event.sender) +
        texts('recipients', event.recipients) +
        number('sizeBytes', event.sizeBytes) +
        number('ms', round(event.ms)) +
        text('reply', event.reply)
      );
    case 'protocol':
      return text('id', event.id) + occasionOf(event.occasion) + text('verb', event.verb) + text('reply', event.reply);
    case 'session':
      return occasionOf(event.occasion) + text('what', event.what) + optional('detail', event.detail) + number('count', event.count);
    case 'fault':
      return optional('session', event.session) + text('where', event.where) + text('detail', event.detail) + number('count', event.count);
    case 'process':
      return text('what', event.what) + optional('detail', event.detail);
  }
}

type Delivery = Extract<Event, { kind: 'delivery' }>;

const deliveryOf = keepLast((event: Delivery, reply: string): string => {
  const failed = event.failed.slice(0, LIST_MAX).map(({ mailbox, detail }) => `{"mailbox":${quoted(mailbox)}${text('detail', detail)}}`);
  return (
    number('sizeBytes', event.sizeBytes) +
    text('sha256', event.sha256) +
    texts('stored', event.stored) +
    texts('already', event.already) +
    `,"failed":[${failed.join(',')}]` +
    flag('resumed', event.resumed) +
    flag('stateAway', event.stateAway) +
    number('ms', round(event.ms)) +
    text('reply', reply)
  );
});

function occasionOf({ session, host, client, helo, sender, recipients }: Occasion): string {
  return (
    text('session', session) +
    text('host', host) +
    text('client', client) +
    optional('helo', helo) +
    optional('sender', sender) +
    texts('recipients', recipients)
  );
}

/** What a journal and a history are told of one after the other is put together once. */
function keepLast<T extends object>(format: (about: T, reply: string) => string): (about: T, reply: string) => string {
  let last: { readonly about: T; readonly reply: string; readonly text: string } | undefined;
  return (about, reply) => {
    if (last?.about === about && last.reply === reply) return last.text;
    const text = format(about, reply);
    // The engine joins the pieces of a text when somebody looks into it: here, and not again wherever it is used.
    text.charCodeAt(0);
    last = { about, reply, text };
    return text;
  };
}

const traceOf = keepLast(({ stage, verdict, by, checks, facts }: Trace, reply: string): string => {
  return (
    text('stage', stage) +
    text('verdict', verdict) +
    optional('by', by) +
    text('reply', reply) +
    `,"checks":[${checks.slice(0, LIST_MAX).map(checkOf).join(',')}]` +
    factsOf(facts)
  );
});

function factsOf(facts: readonly FactEntry[]): string {
  return `,"facts":{${facts.slice(0, LIST_MAX).map(factOf).join(',')}}`;
}

function checkOf({ check, outcome, observed, reply, detail }: TraceEntry): string {
  return `{"check":${quoted(check)}${text('outcome', outcome)}${flag('observed', observed)}${optional('reply', reply)}${optional('detail', detail)}}`;
}

function factOf({ fact, ms, value, fault }: FactEntry): string {
  return `${quoted(fact)}:{"ms":${JSON.stringify(round(ms))}${text('value', value)}${flag('fault', fault)}}`;
}

// Members, each with the comma before it. Names are ours.

function text(name: string, value: string): string {
  return `,"${name}":${quoted(value)}`;
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : text(name, value);
}

function texts(name: string, values: readonly string[] | undefined): string {
  if (values === undefined) return '';
  const kept = values.slice(0, LIST_MAX).map(quoted);
  if (values.length > LIST_MAX) kept.push(quoted(`… and ${values.length - LIST_MAX} more`));
  return `,"${name}":[${kept.join(',')}]`;
}

function number(name: string, value: number | undefined): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`;
}

function flag(name: string, value: boolean | undefined): string {
  return value === undefined ? '' : `,"${name}":${value}`;
}

/** Nearly all texts: nothing to clean, and nothing that JSON escapes. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(value: string): string {
  if (value.length <= TEXT_MAX && PLAIN.test(value)) return `"${value}"`;
  return JSON.stringify(boundText(value));
}

/** Milliseconds to two places: more would only be noise. */
function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

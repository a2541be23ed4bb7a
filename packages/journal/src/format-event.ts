import { cleanText } from '@vratny/text';
import { LIST_MAX, TEXT_MAX } from './limits.ts';
import type { Event, FactEntry, Occasion, Trace, TraceEntry } from './port.ts';

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
export function formatDelivery(event: Extract<Event, { kind: 'delivery' }>): string {
  return `{${deliveryOf(event).slice(1)}}`;
}

/** A stranger's text, cleaned and bounded as in the journal. */
export function boundText(value: string): string {
  return value.length <= TEXT_MAX && PLAIN.test(value) ? value : cleanText(value, { instead: '\ufffd', max: TEXT_MAX, more: '…' });
}

function membersOf(event: Event): string {
  switch (event.kind) {
    case 'decision':
      return text('id', event.id) + occasionOf(event.occasion) + traceOf(event.trace, event.reply);
    case 'delivery':
      return text('id', event.id) + occasionOf(event.occasion) + deliveryOf(event);
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

function deliveryOf(event: Extract<Event, { kind: 'delivery' }>): string {
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
    text('reply', event.reply)
  );
}

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

function traceOf({ stage, verdict, by, checks, facts }: Trace, reply: string): string {
  return (
    text('stage', stage) +
    text('verdict', verdict) +
    optional('by', by) +
    text('reply', reply) +
    `,"checks":[${checks.slice(0, LIST_MAX).map(checkOf).join(',')}]` +
    `,"facts":{${facts.slice(0, LIST_MAX).map(factOf).join(',')}}`
  );
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

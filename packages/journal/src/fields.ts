import { cleanText } from '@vratny/text';
import { LIST_MAX, TEXT_MAX } from './limits.ts';
import type { Event, FactEntry, Occasion, Trace, TraceEntry } from './port.ts';

/** What is written of an event, beside its time and kind: lists and strangers' texts are bounded and cleaned. */
export function fieldsOf(event: Event): Record<string, unknown> {
  switch (event.kind) {
    case 'decision':
      return { id: boundText(event.id), ...occasionFields(event.occasion), ...traceFields(event.trace, event.reply) };
    case 'delivery':
      return { id: boundText(event.id), ...occasionFields(event.occasion), ...deliveryFields(event) };
    case 'message':
      return {
        id: boundText(event.id),
        client: boundText(event.client),
        helo: optional(event.helo),
        sender: optional(event.sender),
        recipients: event.recipients === undefined ? undefined : texts(event.recipients),
        sizeBytes: event.sizeBytes,
        ms: round(event.ms),
        reply: boundText(event.reply),
      };
    case 'protocol':
      return { id: boundText(event.id), ...occasionFields(event.occasion), verb: boundText(event.verb), reply: boundText(event.reply) };
    case 'session':
      return { ...occasionFields(event.occasion), what: event.what, detail: optional(event.detail), count: event.count };
    case 'fault':
      return { session: optional(event.session), where: boundText(event.where), detail: boundText(event.detail), count: event.count };
    case 'process':
      return { what: event.what, detail: optional(event.detail) };
  }
}

/** What is written of a delivery, beside its identifier and occasion. */
export function deliveryFields(event: Extract<Event, { kind: 'delivery' }>): Record<string, unknown> {
  return {
    sizeBytes: event.sizeBytes,
    sha256: boundText(event.sha256),
    stored: texts(event.stored),
    already: event.already === undefined ? undefined : texts(event.already),
    failed: event.failed.slice(0, LIST_MAX).map((one) => ({ mailbox: boundText(one.mailbox), detail: boundText(one.detail) })),
    resumed: event.resumed,
    stateAway: event.stateAway,
    ms: round(event.ms),
    reply: boundText(event.reply),
  };
}

function occasionFields(occasion: Occasion): Record<string, unknown> {
  return {
    session: boundText(occasion.session),
    host: boundText(occasion.host),
    client: boundText(occasion.client),
    helo: optional(occasion.helo),
    sender: optional(occasion.sender),
    recipients: occasion.recipients === undefined ? undefined : texts(occasion.recipients),
  };
}

/** What is written of a trace, and of the reply that it led to. */
export function traceFields(trace: Trace, reply: string): Record<string, unknown> {
  return {
    stage: trace.stage,
    verdict: trace.verdict,
    by: optional(trace.by),
    reply: boundText(reply),
    checks: trace.checks.slice(0, LIST_MAX).map(flattenCheck),
    facts: Object.fromEntries(trace.facts.slice(0, LIST_MAX).map(flattenFact)),
  };
}

function flattenCheck(entry: TraceEntry): Record<string, unknown> {
  return {
    check: boundText(entry.check),
    outcome: entry.outcome,
    observed: entry.observed,
    reply: optional(entry.reply),
    detail: optional(entry.detail),
  };
}

function flattenFact(entry: FactEntry): [string, Record<string, unknown>] {
  return [boundText(entry.fact), { ms: round(entry.ms), value: boundText(entry.value), fault: entry.fault }];
}

function optional(value: string | undefined): string | undefined {
  return value === undefined ? undefined : boundText(value);
}

/** Nearly all texts. */
const PLAIN = /^[\u0020-\u007e]*$/u;

/** A stranger's text, bounded and cleaned. */
export function boundText(value: string): string {
  if (value.length <= TEXT_MAX && PLAIN.test(value)) return value;
  return cleanText(value, { instead: '\ufffd', max: TEXT_MAX, more: '…' });
}

function texts(values: readonly string[]): string[] {
  const kept = values.slice(0, LIST_MAX).map(boundText);
  return values.length > LIST_MAX ? [...kept, `… and ${values.length - LIST_MAX} more`] : kept;
}

/** Milliseconds to two places: more would only be noise. */
function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

import { cleanText } from '@vratny/text';
import type { Event, Occasion } from './event.ts';
import { LIST_MAX, TEXT_MAX } from './limits.ts';
import type { FactEntry, Trace, TraceEntry } from './trace.ts';

/** One event as the single JSON line that stands for it, without the line break. Strangers' texts are cleaned and bounded. */
export function formatEvent(event: Event, at: Date): string {
  return JSON.stringify({ time: at.toISOString(), kind: event.kind, ...flatten(event) });
}

/** The line that says how many events were dropped before it. */
export function formatDropped(count: number, at: Date): string {
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

function text(value: string): string {
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

import type { HistoryEntry } from '@vratny/journal/history';
import { type Column, formatTable } from './print.ts';
import { clean, type Terminal } from './terminal.ts';

interface CheckRow {
  readonly check?: string;
  readonly outcome?: string;
  readonly reply?: string;
  readonly detail?: string;
}

interface FactRow {
  readonly fact: string;
  readonly ms?: number;
  readonly value?: string;
}

const CHECKS: readonly Column<CheckRow>[] = [
  { heading: 'check', cell: ({ check = '' }) => check },
  { heading: 'outcome', cell: ({ outcome = '' }) => outcome },
  { heading: 'why', cell: ({ reply, detail }) => reply ?? detail ?? '' },
];
const FACTS: readonly Column<FactRow>[] = [
  { heading: 'fact', cell: ({ fact }) => fact },
  { heading: 'ms', cell: ({ ms }) => (ms === undefined ? '' : ms.toFixed(2)), right: true },
  { heading: 'value', cell: ({ value = '' }) => value },
];

/** Tells what became of one decision, from the connection to the verdict: who, what was said, each check, each fact with its time. */
export function tellStory(entries: readonly HistoryEntry[], colours: Terminal['colours']): string {
  const [first] = entries;
  if (first === undefined) return '';
  const story = recordOf(JSON.parse(first.story ?? '{}'));
  const decision = recordOf(story['decision']);
  const delivery = recordOf(story['delivery']);
  const sender = first.sender === '' ? '<> (a bounce)' : first.sender;
  const lines: readonly (readonly [string, string])[] = [
    ['when', first.at.toISOString()],
    ['host', first.host],
    ['client', first.helo === '' ? first.client : `${first.client}, which said ${first.helo}`],
    ['from', sender],
    ['to', entries.map(({ recipient }) => recipient).join(', ') || 'nobody yet'],
    ...(first.sizeBytes === undefined ? [] : [['size', `${first.sizeBytes} octets`] as const]),
    ['verdict', first.check === '' ? first.verdict : `${first.verdict}, by the check ${first.check}`],
    ['reply', first.reply],
    ...deliveryLines(delivery),
    ['receipt', first.id],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const head = lines.map(([name, value]) => `${name.padEnd(width)}  ${clean(value)}\n`).join('');
  const checks = listOf(decision['checks']) as CheckRow[];
  const facts = Object.entries(recordOf(decision['facts'])).map(([fact, found]): FactRow => ({ fact, ...recordOf(found) }));
  const tables = [
    checks.length > 0 ? formatTable(checks, CHECKS, colours) : '',
    facts.length > 0 ? formatTable(facts, FACTS, colours) : '',
  ];
  return [head, ...tables].filter((one) => one !== '').join('\n');
}

function deliveryLines(delivery: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  const failed = (listOf(delivery['failed']) as { readonly mailbox?: string; readonly detail?: string }[]).map(
    ({ mailbox = '', detail = '' }) => ['not stored', `${mailbox}: ${detail}`] as const,
  );
  const stored = listOf(delivery['stored']).map(String).join(', ');
  const already = listOf(delivery['already']).map(String).join(', ');
  return [
    ...(stored === '' ? [] : [['stored in', stored] as const]),
    ...(already === '' ? [] : [['stored before', already] as const]),
    ...failed,
    ...(typeof delivery['ms'] === 'number' ? [['store took', `${delivery['ms']} ms`] as const] : []),
  ];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

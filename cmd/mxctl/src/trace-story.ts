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

/** When a decision fell, by the stage of its trace. */
const STAGES: Readonly<Record<string, string>> = {
  connect: 'when the client connected',
  helo: 'at HELO',
  mail: 'at MAIL',
  rcpt: 'at RCPT',
  message: 'after it had come',
};

/** Tells what became of one decision, from the connection to the verdict: who came with what, what was replied and why, each check, each fact with its time. */
export function tellStory(entries: readonly HistoryEntry[], colours: Terminal['colours']): string {
  const [first] = entries;
  if (first === undefined) return '';
  const story = recordOf(JSON.parse(first.story ?? '{}'));
  const decision = recordOf(story['decision']);
  const checks = listOf(decision['checks']) as CheckRow[];
  const facts = Object.entries(recordOf(decision['facts'])).map(([fact, found]): FactRow => ({ fact, ...recordOf(found) }));
  const parts = [
    `${sayWhoCame(entries, first)}\n${sayVerdict(first, decision['stage'])}\n  ${clean(first.reply)}\n`,
    sayDelivery(recordOf(story['delivery']))
      .map((line) => `${clean(line)}\n`)
      .join(''),
    checks.length > 0 ? `The checks, in the order in which they are asked:\n\n${formatTable(checks, CHECKS, colours)}` : '',
    facts.length > 0 ? `What was found out for them, and how long each took:\n\n${formatTable(facts, FACTS, colours)}` : '',
    `The receipt is ${first.id}.\n`,
  ];
  return parts.filter((one) => one !== '').join('\n');
}

function sayWhoCame(entries: readonly HistoryEntry[], { at, host, client, helo, sender, sizeBytes }: HistoryEntry): string {
  const [day = '', time = ''] = at.toISOString().split('T');
  const who = helo === '' ? client : `${client}, which said it is ${helo},`;
  const what = sizeBytes === undefined ? 'a message' : `a message of ${sizeBytes} octets`;
  const from = sender === '' ? 'without a sender (a bounce)' : `from ${sender}`;
  const recipients = entries.map(({ recipient }) => recipient).filter((one) => one !== '');
  const to = recipients.length === 0 ? '' : ` to ${recipients.join(' and ')}`;
  return clean(`On ${day} at ${time.replace(/\..*$/u, '')} UTC ${who} came to host ${host} with ${what} ${from}${to}.`);
}

function sayVerdict({ verdict, check }: HistoryEntry, stage: unknown): string {
  const when = verdict === 'delivered' ? undefined : STAGES[String(stage)];
  const by = check === '' ? '' : check === 'store' ? ', as the mailbox store wanted' : `, by the check ${check}`;
  return clean(`The message was ${verdict}${when === undefined ? '' : ` ${when}`}${by}. The host replied:`);
}

function sayDelivery(delivery: Readonly<Record<string, unknown>>): readonly string[] {
  const failed = listOf(delivery['failed']) as { readonly mailbox?: string; readonly detail?: string }[];
  const names = (key: string) => listOf(delivery[key]).map(String).join(', ');
  const took = typeof delivery['ms'] === 'number' ? ` The store took ${delivery['ms']} ms.` : '';
  return [
    names('stored') === '' ? '' : `It was stored in ${names('stored')}.${took}`,
    names('already') === '' ? '' : `It had been stored before in ${names('already')}.`,
    ...failed.map(({ mailbox = '', detail = '' }) => `It was not stored in ${mailbox}: ${detail}`),
  ].filter((line) => line !== '');
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

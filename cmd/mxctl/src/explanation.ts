import type { FactEntry, TraceEntry } from '@vratny/journal';
import type { AttachmentRow, Judgement, Policy } from '@vratny/policy';
import { type Column, formatTable, type Style } from './print.ts';
import { clean, type Terminal } from './terminal.ts';

type CheckRow = TraceEntry & { readonly stage: string };

const CHECKS: readonly Column<CheckRow>[] = [
  { heading: 'stage', cell: (row) => row.stage },
  { heading: 'check', cell: (row) => (row.observed ? `${row.check} (observed)` : row.check) },
  { heading: 'outcome', cell: (row) => row.outcome },
  { heading: 'reply or reason', cell: (row) => [row.reply, row.detail].filter((text) => text !== undefined).join(' · ') },
];

const FACTS: readonly Column<FactEntry>[] = [
  { heading: 'fact', cell: (row) => row.fact },
  { heading: 'ms', cell: (row) => row.ms.toFixed(1), right: true },
  { heading: 'value', cell: (row) => (row.fault ? `not known: ${row.value}` : row.value) },
];

const COLOURS = { pass: '\u001b[32m', delay: '\u001b[33m', refuse: '\u001b[31m' } as const;

/** What a simulation gave. */
export interface Explanation {
  readonly policy: Policy;
  readonly judgements: readonly Judgement[];
  /** Empty when nobody looked. */
  readonly attachments: readonly AttachmentRow[];
}

/** Prints what was decided and why: tables and the tree of attachments for people, the traces for programs. */
export function printExplanation(terminal: Terminal, style: Style, { policy, judgements, attachments }: Explanation): void {
  const last = judgements.at(-1);
  const verdict = last?.verdict ?? { kind: 'pass' as const };
  const traces = judgements.map((judgement) => judgement.trace);
  if (style.json) {
    const reply = verdict.kind === 'pass' ? null : verdict.reply;
    terminal.out(
      `${JSON.stringify({ host: policy.name, verdict: verdict.kind, by: last?.by ?? null, reply, traces, attachments }, null, 2)}\n`,
    );
    return;
  }
  const facts = new Map(traces.flatMap((trace) => trace.facts.map((fact) => [fact.fact, fact] as const)));
  const checks = traces.flatMap((trace) => trace.checks.map((check) => ({ ...check, stage: trace.stage })));
  terminal.out(`${formatTable(checks, CHECKS, terminal.colours)}\n${formatTable([...facts.values()], FACTS, terminal.colours)}\n`);
  const tree = attachmentLines(attachments, terminal.colours);
  if (tree !== '') terminal.out(`${tree}\n`);
  const words =
    verdict.kind === 'pass' ? `${policy.name} would take it` : `${policy.name} would say: ${clean(verdict.reply)} (${last?.by})`;
  terminal.out(terminal.colours ? `${COLOURS[verdict.kind]}${words}\u001b[0m\n` : `${words}\n`);
  if (policy.lacks.length > 0) terminal.out(`not asked, because not built yet: ${policy.lacks.join(', ')}\n`);
}

const OUTCOME_COLOURS: Readonly<Record<AttachmentRow['outcome'], string>> = {
  fine: '\u001b[32m',
  forbidden: '\u001b[31m',
  locked: '\u001b[33m',
  unreadable: '\u001b[31m',
};
const DIM = '\u001b[2m';
const RESET = '\u001b[0m';
const STEP = '  ';

/** The tree of what is attached, one line for each name; nothing when the message has one text and no names. */
function attachmentLines(rows: readonly AttachmentRow[], colours: boolean): string {
  if (rows.every((row) => row.name === undefined) && rows.length < 2) return '';
  return rows.map((row) => `${lineOf(row, colours)}\n`).join('');
}

function lineOf({ depth, name, what, outcome, detail }: AttachmentRow, colours: boolean): string {
  const words = outcome === 'fine' ? '' : `${outcome}${detail === '' ? '' : `: ${detail}`}`;
  const title = clean(name ?? '');
  const paint = (colour: string, text: string) => (colours && text !== '' ? `${colour}${text}${RESET}` : text);
  const cells = [paint(OUTCOME_COLOURS[outcome], title), paint(DIM, clean(what)), paint(OUTCOME_COLOURS[outcome], clean(words))];
  return `${STEP.repeat(depth)}${cells.filter((cell) => cell !== '').join('  ')}`;
}

import type { AttachmentRow } from '@vratny/policy';
import { clean } from './terminal.ts';

const COLOURS: Readonly<Record<AttachmentRow['outcome'], string>> = {
  fine: '\u001b[32m',
  forbidden: '\u001b[31m',
  locked: '\u001b[33m',
  unreadable: '\u001b[31m',
};
const DIM = '\u001b[2m';
const RESET = '\u001b[0m';
const STEP = '  ';

/** The tree of what is attached, one line for each name; nothing when the message has one text and no names. */
export function attachmentLines(rows: readonly AttachmentRow[], colours: boolean): string {
  if (rows.every((row) => row.name === undefined) && rows.length < 2) return '';
  return rows.map((row) => `${lineOf(row, colours)}\n`).join('');
}

function lineOf({ depth, name, what, outcome, detail }: AttachmentRow, colours: boolean): string {
  const words = outcome === 'fine' ? '' : `${outcome}${detail === '' ? '' : `: ${detail}`}`;
  const title = clean(name ?? '');
  const paint = (colour: string, text: string) => (colours && text !== '' ? `${colour}${text}${RESET}` : text);
  const cells = [paint(COLOURS[outcome], title), paint(DIM, clean(what)), paint(COLOURS[outcome], clean(words))];
  return `${STEP.repeat(depth)}${cells.filter((cell) => cell !== '').join('  ')}`;
}

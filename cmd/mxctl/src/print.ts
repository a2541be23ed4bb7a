import { type Column, formatTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** How a command was asked to speak. */
export interface Style {
  /** For programs. */
  readonly json: boolean;
}

/** Prints a list: a table for people, or `empty` when it has no rows; a JSON array for programs. */
export function printList<Row>(
  terminal: Terminal,
  style: Style,
  list: { readonly rows: readonly Row[]; readonly columns: readonly Column<Row>[]; readonly empty: string },
): void {
  if (style.json) terminal.out(toJson(list.rows));
  else if (list.rows.length === 0) terminal.out(`${list.empty}\n`);
  else terminal.out(formatTable(list.rows, list.columns, terminal.colours));
}

/** Prints what was done: a sentence for people, the thing as it now is for programs. */
export function printDone(terminal: Terminal, style: Style, done: { readonly sentence: string; readonly value: unknown }): void {
  terminal.out(style.json ? toJson(done.value) : `${done.sentence}\n`);
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

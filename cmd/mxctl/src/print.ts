import { clean, type Terminal } from './terminal.ts';

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

/** A column of a table: its heading, and its cell for a row. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
}

const BOLD = '\u001b[1m';
const RESET = '\u001b[0m';
const GAP = '  ';

/** Rows as aligned columns under bold headings, each line ended. */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], colours: boolean): string {
  const cells = rows.map((row) => columns.map((column) => clean(column.cell(row))));
  const widths = columns.map((column, index) =>
    cells.reduce((width, row) => Math.max(width, (row[index] ?? '').length), column.heading.length),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => (columns[index]?.right === true ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0)))
      .join(GAP)
      .trimEnd();
  const heading = line(columns.map((column) => column.heading));
  return `${[colours ? `${BOLD}${heading}${RESET}` : heading, ...cells.map(line)].join('\n')}\n`;
}

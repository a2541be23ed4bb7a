import { clean } from './terminal.ts';

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

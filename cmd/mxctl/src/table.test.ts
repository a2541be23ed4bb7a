import { expect, it } from 'vitest';
import { type Column, formatTable } from './print.ts';

interface Row {
  readonly name: string;
  readonly size: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'name', cell: (row) => row.name },
  { heading: 'size', cell: (row) => String(row.size), right: true },
];

it('aligns columns', () => {
  const rows = [
    { name: 'a-long-name', size: 5 },
    { name: 'b', size: 12345 },
  ];
  expect(formatTable(rows, COLUMNS, false)).toBe('name          size\na-long-name      5\nb            12345\n');
});

it('colours the heading alone, and lets no control character through', () => {
  const table = formatTable([{ name: 'x\u001b[31m\n', size: 1 }], COLUMNS, true);
  expect(table).toBe('\u001b[1mname     size\u001b[0m\nx\ufffd[31m\ufffd     1\n');
});

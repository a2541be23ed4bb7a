import type { SQLOutputValue } from 'node:sqlite';
import { StateFault } from '../port.ts';

/** A row as `node:sqlite` gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** A column that is a number. @throws StateFault */
export function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new StateFault(`column ${column} is no number`);
  return value;
}

/** A column that is text. @throws StateFault */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new StateFault(`column ${column} is no text`);
  return value;
}

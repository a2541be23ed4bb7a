import type { SqlRow } from './sql.ts';

/** A column as text, whatever type its driver makes of it; undefined for NULL, for empty text, and for what no column is. */
export function columnText(row: SqlRow | undefined, column: string): string | undefined {
  const value = row?.[column];
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8') || undefined;
  switch (typeof value) {
    case 'string':
      return value || undefined;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

import type { SqlRow } from './sql.ts';

/** A column as text, whatever type its driver makes of it; undefined for NULL, for empty text, and for what no column is. */
export function columnText(row: SqlRow | undefined, column: string): string | undefined {
  const value = row?.[column];
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8') || undefined;
  if (typeof value === 'string') return value || undefined;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : undefined;
}

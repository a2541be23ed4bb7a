import { LISTED_AT_ONCE } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { columnText } from './column-text.ts';
import type { Sql, SqlRow } from './sql.ts';
import { renderStatement, type Statement } from './statement.ts';

/**
 * The rows of a statement that lists by `:after` and `:limit`, page by page, at most `max`. The key of the last row of a page begins the next one; rows of one
 * key may stand in several, as the targets of an alias do. Rejects with `DirectoryFault`.
 */
export async function listRows(sql: Sql, statement: Statement, key: string, max: number): Promise<readonly SqlRow[]> {
  const found: SqlRow[] = [];
  for await (const page of listPages(sql, statement, key, Math.min(max, LISTED_AT_ONCE))) {
    found.push(...page);
    if (found.length >= max) break;
  }
  return found;
}

/** The same, as pages. */
export async function* listPages(sql: Sql, statement: Statement, key: string, limit = LISTED_AT_ONCE): AsyncGenerator<readonly SqlRow[]> {
  for (let after = ''; ; ) {
    const rows = await sql.query(renderStatement(statement, [{ after, limit }], sql.style));
    const keyOf = (row: SqlRow | undefined): string => columnText(row, key) ?? '';
    const last = keyOf(rows.at(-1));
    if (rows.length < limit) {
      yield rows;
      return;
    }
    // The last key may go on in the next page.
    const whole = limit === 1 ? rows : rows.filter((row) => keyOf(row) !== last);
    if (whole.length === 0) throw new DirectoryFault(`more than ${limit} rows of ${last}`);
    yield whole;
    after = keyOf(whole.at(-1));
  }
}

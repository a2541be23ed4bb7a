import { DatabaseSync } from 'node:sqlite';
import { describeDatabaseError, followDatabase } from '@vratny/files';
import { BUSY_TIMEOUT_MS } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { columnText, type Rendered, type Sql, type SqlRow } from './sql.ts';

/** A SQLite file of somebody else's, which is never written. */
export function openSqliteSource(path: string, monotonicMs: () => number): Sql {
  const file = followDatabase({
    path,
    monotonicMs,
    open: async () => new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS }),
    close: (db) => db.close(),
  });
  const run = async ({ sql, values }: Rendered): Promise<readonly SqlRow[]> => {
    try {
      return await file.use((db) => db.prepare(sql).all(...values), 'fresh');
    } catch (error) {
      throw new DirectoryFault(`directory sqlite:${path}: ${describeDatabaseError(path, error)}`, { cause: error });
    }
  };
  return {
    style: 'question-mark',
    query: run,
    explain: async (statement) => {
      const rows = await run({ ...statement, sql: `EXPLAIN QUERY PLAN ${statement.sql}` });
      const lines = rows.map((row) => columnText(row, 'detail') ?? '');
      return { lines, scans: lines.flatMap((line) => /^SCAN (?!CONSTANT ROW|q\d+$|\()(\S+)(?! USING)/u.exec(line)?.[1] ?? []) };
    },
    close: () => file.close(),
  };
}

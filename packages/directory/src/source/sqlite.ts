import { statSync } from 'node:fs';
import { describeDatabaseError, followDatabase } from '@vratny/files';
import { DirectoryFault } from '../port.ts';
import { type ForReading, openReadable, useUnchanged } from '../sqlite/open-database.ts';
import { columnText, type Rendered, type Sql, type SqlRow } from './sql.ts';

/** A SQLite file of somebody else's, which is never written. What cannot be read as it is now is a fault. */
export function openSqliteSource(path: string, monotonicMs: () => number): Sql {
  const file = followDatabase({
    path,
    monotonicMs,
    open: () => openFile(path),
    isOutdated: (one) => one.isOutdated(),
    close: ({ db }) => db.close(),
  });
  const withFaults = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DirectoryFault && error.message.startsWith('directory ')) throw error;
      throw new DirectoryFault(`directory sqlite:${path}: ${describeDatabaseError(path, error)}`, { cause: error });
    }
  };
  const run = ({ sql, values }: Rendered): Promise<readonly SqlRow[]> =>
    withFaults(() => useUnchanged(file, ({ db }) => db.prepare(sql).all(...values), 'fresh'));
  return {
    style: 'question-mark',
    query: run,
    explain: async (statement) => {
      const rows = await run({ ...statement, sql: `EXPLAIN QUERY PLAN ${statement.sql}` });
      const lines = rows.map((row) => columnText(row, 'detail') ?? '');
      return { lines, scans: lines.flatMap((line) => /^SCAN (?!CONSTANT ROW|q\d+$|\()(\S+)(?! USING)/u.exec(line)?.[1] ?? []) };
    },
    // On a connection of its own: what others ask meanwhile is asked of what is there then.
    snapshot: async (work, signal) => {
      const { db, isOutdated } = await withFaults(() => openFile(path));
      try {
        db.exec('BEGIN');
        const query = ({ sql, values }: Rendered) =>
          withFaults(() => {
            signal?.throwIfAborted();
            const rows = db.prepare(sql).all(...values);
            if (isOutdated())
              throw new DirectoryFault('it was written meanwhile, which cannot be read from a folder that cannot be written');
            return rows;
          });
        return await work({ query, identity: async () => identify(path) });
      } finally {
        db.close();
      }
    },
    close: () => file.close(),
  };
}

/** Reads the schema, so that a file which cannot be read says so here. */
function openFile(path: string): Promise<ForReading> {
  return openReadable(path, (db) => void db.prepare('SELECT count(*) FROM sqlite_schema').get());
}

/** One that is moved there is another one. */
function identify(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${path} ${dev}:${ino}`;
}

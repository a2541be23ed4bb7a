import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createReadingPool } from '@vratny/directory/postgres';
import { allQueries } from '@vratny/journal/history/queries';
import { searchStatement } from '@vratny/journal/history/search-sql';
import type { Store } from './history-store.ts';

/** The plans that read a whole table, each with its search; there should be none. */
export async function explainAll(store: Store): Promise<readonly string[]> {
  return store.kind === 'sqlite' ? explainSqlite(store.folder) : await explainPostgres(store.port, store.database);
}

function explainSqlite(folder: string): readonly string[] {
  const file = readdirSync(folder).find((name) => /^\d.*\.db$/u.test(name)) ?? '';
  const database = new DatabaseSync(join(folder, file), { readOnly: true });
  try {
    return allQueries().flatMap((query) => {
      const { sql, values } = searchStatement('sqlite', query, 51);
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
      return plan.some(({ detail }) => /SCAN entry/u.test(String(detail))) ? [`${sql}: ${JSON.stringify(plan)}`] : [];
    });
  } finally {
    database.close();
  }
}

async function explainPostgres(port: number, database: string): Promise<readonly string[]> {
  const pool = createReadingPool([{ host: '127.0.0.1', port, user: 'postgres', database, tls: 'disable', name: 'postgres' }]);
  const connection = await pool.connect();
  try {
    await connection.query("SELECT set_config('enable_seqscan', 'off', false)");
    const scans: string[] = [];
    for (const query of allQueries()) {
      const { sql, values } = searchStatement('postgres', query, 51);
      const { rows } = await connection.query<{ readonly 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, values);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      if (/Seq Scan/u.test(plan)) scans.push(`${sql}: ${plan}`);
    }
    return scans;
  } finally {
    connection.release();
    await pool.end();
  }
}

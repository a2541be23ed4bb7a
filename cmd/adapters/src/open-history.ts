import type { Site } from '@vratny/config';
import type { History } from '@vratny/journal/history';
import { postgresOptions } from './database-options.ts';

/** The history of a site: for the one process of a host that writes it, or for readers. Reads the password. @throws StartProblem */
export async function openHistory(
  { url, password }: NonNullable<Site['history']>,
  options: { readonly readOnly?: boolean } = {},
): Promise<History> {
  if (url.kind === 'sqlite') {
    const { openSqliteHistory } = await import('@vratny/journal/history/sqlite');
    return openSqliteHistory({ folder: url.path, readOnly: options.readOnly ?? false });
  }
  const { servers } = postgresOptions({ database: url.database, password }, 'history.password');
  const { openPostgresHistory } = await import('@vratny/journal/history/postgres');
  const { createReadingPool, createWritingPool } = await import('@vratny/directory/postgres');
  const pool = options.readOnly === true ? createReadingPool(servers) : createWritingPool(servers);
  return openPostgresHistory({ pool, name: servers[0]?.name ?? 'PostgreSQL' });
}

import { createReadingPool, createWritingPool } from '@vratny/directory/postgres';
import type { History } from '@vratny/journal/history';
import { openPostgresHistory } from '@vratny/journal/history/postgres';
import { openSqliteHistory } from '@vratny/journal/history/sqlite';

/** Where a history is that is measured. */
export type Store =
  | { readonly kind: 'sqlite'; readonly folder: string }
  | { readonly kind: 'postgres'; readonly port: number; readonly database: string };

/** Opens it, as its one writer or as a reader. */
export async function openStore(store: Store, as: 'writer' | 'reader'): Promise<History> {
  if (store.kind === 'sqlite') return openSqliteHistory({ folder: store.folder, readOnly: as === 'reader' });
  const { port, database } = store;
  const server = { host: '127.0.0.1', port, user: 'postgres', database, tls: 'disable', name: `postgres on port ${port}` } as const;
  const makePool = as === 'reader' ? createReadingPool : createWritingPool;
  return openPostgresHistory({ pool: makePool([server]), name: server.name });
}

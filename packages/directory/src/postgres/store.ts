import { describeError } from '@vratny/text';
import { Kysely, PostgresDialect, type PostgresPool, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { CHANGE_MS, CONNECTIONS_MAX, QUERY_MS } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { RegisterRefusal } from '../register.ts';
import type { ServerAddress } from '../source/address.ts';
import { connectionSettings } from '../source/postgres.ts';
import type { Store } from '../store.ts';
import { CHANGE_LOCK, forPostgres, MIGRATIONS, type Migration, NEWEST } from '../tables/migrations.ts';
import { createLookups, createRows } from '../tables/rows.ts';
import type { Tables } from '../tables/tables.ts';

/** Before every change: the lock, and that it writes its line of the audit itself. */
const BEGIN_CHANGE = sql`SELECT pg_advisory_xact_lock(${sql.raw(CHANGE_LOCK)}), set_config('vratny.noted', 'yes', true)`;

/** Rows and transactions of a directory in PostgreSQL. */
interface PostgresStore extends Store {
  /** `make` and `migrate` bring the tables up to this program's; `make` begins where there are none. `check` changes nothing. Rejects with `DirectoryFault`. */
  prepare(how: 'make' | 'migrate' | 'check', now: () => Date): Promise<void>;
}

/** How a store is opened; see `SqliteOptions`. */
interface OpeningOptions {
  readonly servers: readonly ServerAddress[];
  readonly now: () => Date;
  readonly whenMissing: 'make' | 'reject' | 'wait';
  readonly migrates: boolean;
}

/** A store whose tables are there. @throws DirectoryFault */
export async function openPostgresStore({ servers, now, whenMissing, migrates }: OpeningOptions): Promise<Store> {
  const store = createPostgresStore(servers);
  try {
    await store.prepare(whenMissing === 'make' ? 'make' : migrates ? 'migrate' : 'check', now);
  } catch (error) {
    if (whenMissing !== 'wait' || !(error instanceof DirectoryFault)) {
      await store.close();
      throw error;
    }
  }
  return store;
}

/** Connects when it is asked. Everything rejects with `DirectoryFault`, or with the refusals of the work. */
function createPostgresStore(servers: readonly ServerAddress[]): PostgresStore {
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: createWritingPool(servers) }) });
  const name = servers.map((server) => server.name).join(', ');
  let closing: Promise<void> | undefined;
  const withFaults = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closing !== undefined) throw new DirectoryFault('the directory is closed');
    try {
      return await work();
    } catch (error) {
      if (error instanceof RegisterRefusal) throw error;
      const missing = error instanceof DirectoryFault && error.missing;
      throw new DirectoryFault(`directory ${name}: ${describeError(error)}`, { cause: error, missing });
    }
  };
  const change = <T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> =>
    withFaults(() =>
      kysely.transaction().execute(async (transaction) => {
        await BEGIN_CHANGE.execute(transaction);
        return work(transaction);
      }),
    );
  const rowsOn = (db: Kysely<Tables>) => createRows(db, createLookups(db), { least: 'least' });
  return {
    read: (work) => withFaults(() => kysely.connection().execute((connection) => work(rowsOn(connection)))),
    change: (work) => change((transaction) => work(rowsOn(transaction))),
    prepare: async (how, now) => {
      const version = await withFaults(() => readVersion(kysely, how));
      if (version === NEWEST) return;
      if (how === 'check')
        throw new DirectoryFault(
          `directory ${name}: its schema is version ${version}, this program needs ${NEWEST}; mxctl migrate brings it up to date`,
        );
      for (const migration of MIGRATIONS) await change((transaction) => applyOne(transaction, migration, now));
    },
    close: () => {
      // Kysely closes only what it has used.
      closing ??= kysely.destroy();
      return closing;
    },
  };
}

/** The number of the last migration; 0 where there is none and one may be made. @throws DirectoryFault */
async function readVersion(db: Kysely<Tables>, how: 'make' | 'migrate' | 'check'): Promise<number> {
  const tables = await sql<{ migrations: boolean; domains: boolean }>`
    SELECT to_regclass('directory_migrations') IS NOT NULL AS migrations, to_regclass('domains') IS NOT NULL AS domains`.execute(db);
  if (tables.rows[0]?.migrations !== true) {
    if (tables.rows[0]?.domains === true) throw new DirectoryFault('this database belongs to something else');
    if (how === 'make') return 0;
    throw new DirectoryFault('there is no directory in this database; mxctl init makes one, mx never does', { missing: true });
  }
  const { rows } = await sql<{ version: number | null }>`SELECT max(number) AS version FROM directory_migrations`.execute(db);
  const version = rows[0]?.version ?? 0;
  if (version > NEWEST) throw new DirectoryFault(`its schema is version ${version}, this program knows ${NEWEST}; a newer program made it`);
  return version;
}

async function applyOne(db: Transaction<Tables>, migration: Migration, now: () => Date): Promise<void> {
  await sql`CREATE TABLE IF NOT EXISTS directory_migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)`.execute(
    db,
  );
  const done = await sql`SELECT 1 FROM directory_migrations WHERE number = ${migration.number}`.execute(db);
  if (done.rows.length > 0) return;
  for (const statement of forPostgres(migration)) await sql.raw(statement).execute(db);
  await sql`INSERT INTO directory_migrations (number, name, applied_at) VALUES (${migration.number}, ${migration.name}, ${now().getTime()})`.execute(
    db,
  );
}

/** PostgreSQL's number for `bigint`, whose values here are all exact as numbers. */
const INT8 = pg.types.builtins.INT8;

/** A pool whose connections are those of the library. */
interface ConnectedPool extends PostgresPool {
  connect(): Promise<pg.PoolClient>;
}

/** Connections to the first server that takes changes: a standby of the others is passed over. Rejects with what the last one said. */
export function createWritingPool(servers: readonly ServerAddress[]): ConnectedPool {
  return createPool(servers, 'change');
}

/** Connections to the first server that answers, a standby too; nothing is changed on them. Rejects with what the last one said. */
export function createReadingPool(servers: readonly ServerAddress[]): ConnectedPool {
  return createPool(servers, 'read');
}

type Purpose = 'change' | 'read';

function createPool(servers: readonly ServerAddress[], purpose: Purpose): ConnectedPool {
  const pools = servers.map(
    (server) =>
      new pg.Pool({
        ...connectionSettings(server),
        max: CONNECTIONS_MAX,
        connectionTimeoutMillis: QUERY_MS,
        query_timeout: CHANGE_MS + QUERY_MS,
        types: { getTypeParser: (type, format) => (type === INT8 ? Number : pg.types.getTypeParser(type, format)) },
      }),
  );
  // A connection that ends while nobody uses it: the next question says so, if there is still a reason to.
  for (const pool of pools) pool.on('error', () => undefined);
  return {
    options: {},
    connect: async () => {
      let last: unknown = new Error('no server is named');
      for (const pool of pools) {
        try {
          return await connect(pool, purpose);
        } catch (error) {
          last = error;
        }
      }
      throw last;
    },
    end: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

/** Session settings, and whether the server is a standby, in one question. */
const beginFor = (purpose: Purpose): string =>
  `SELECT pg_is_in_recovery() AS standby, set_config('statement_timeout', '${CHANGE_MS}', false),
  set_config('lock_timeout', '${CHANGE_MS}', false), set_config('default_transaction_read_only', '${purpose === 'read' ? 'on' : 'off'}', false)`;

/** A connection for one piece of work. One that did not answer before is found here, and cut. */
async function connect(pool: pg.Pool, purpose: Purpose): Promise<pg.PoolClient> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ readonly standby: boolean }>(beginFor(purpose));
    if (purpose === 'change' && rows[0]?.standby === true) throw new Error('it is a standby, and takes no changes');
    return client;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

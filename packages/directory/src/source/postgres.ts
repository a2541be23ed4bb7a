import { readFileSync } from 'node:fs';
import pg from 'pg';
import { CONNECTIONS_MAX, QUERY_MS } from '../limits.ts';
import type { ServerAddress } from './address.ts';
import { type Lender, withLent, withTransaction } from './lend.ts';
import { columnText, type Plan, type Rendered, type SqlRow, type SqlServer } from './sql.ts';

/** What PostgreSQL says to everybody: connection trouble, no such user, no room, ending, not quick enough, a standby that must go on (SQLSTATE classes and codes). */
const SERVER_ERRORS = /^(?:08|28|40001|53|57|58|55P03|3D000|25006)/u;

/** One PostgreSQL server. Sessions can only read, and each statement has 2 s. */
export function openPostgres(server: ServerAddress): SqlServer {
  const pool = new pg.Pool({
    ...connectionSettings(server),
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: QUERY_MS,
  });
  // A connection that ends while nobody uses it: the next question says so, if there is still a reason to.
  pool.on('error', () => undefined);
  const lender: Lender<pg.PoolClient> = {
    lend: () => pool.connect(),
    prepare: prepareSession,
    giveBack: (client, broken) => client.release(broken),
    isAnswer,
  };
  return {
    name: server.name,
    style: 'dollar',
    query: (statement) => withLent(lender, itself, (client) => run(client, statement)),
    explain: (statement) => withLent(lender, itself, (client) => explain(client, statement)),
    snapshot: (work, signal) =>
      withTransaction(
        lender,
        itself,
        SNAPSHOT,
        (ask) => work({ query: (statement) => ask((client) => run(client, statement)), identity: () => ask(identify) }),
        signal,
      ),
    close: () => pool.end(),
  };
}

function itself(client: pg.PoolClient): object {
  return client;
}

const SNAPSHOT = {
  begin: (client: pg.PoolClient) => client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'),
  end: (client: pg.PoolClient) => client.query('COMMIT'),
};

/**
 * The cluster of servers with its history, when this one was started, the database, and its newest table: a backup that is played back, or a dump that is read in,
 * changes one of them. Temporary tables come and go.
 */
async function identify(client: pg.PoolClient): Promise<string> {
  const rows = await run(client, {
    sql: `SELECT concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()), pg_postmaster_start_time(),
      (SELECT oid FROM pg_database WHERE datname = current_database()),
      (SELECT max(oid::bigint) FROM pg_class WHERE relkind IN ('r', 'p') AND relpersistence <> 't')) AS identity`,
    values: [],
  });
  return columnText(rows[0], 'identity') ?? '';
}

/** How a server is reached. Reads the file of its authority. */
export function connectionSettings(server: ServerAddress): pg.ClientConfig {
  return {
    host: server.socket ?? server.host,
    port: server.port,
    user: server.user,
    ...(server.password === undefined ? {} : { password: server.password }),
    database: server.database,
    keepAlive: true,
    ssl: server.tls === 'disable' ? false : { rejectUnauthorized: server.tls === 'verify-full', ...readAuthority(server) },
  };
}

async function run(client: pg.PoolClient, { sql, values }: Rendered): Promise<readonly SqlRow[]> {
  const { rows } = await client.query<SqlRow>(sql, [...values]);
  return rows;
}

/** A plan that still reads a whole table when that is made as dear as can be has no index to use. */
async function explain(client: pg.PoolClient, statement: Rendered): Promise<Plan> {
  await client.query('BEGIN');
  try {
    await client.query('SET LOCAL enable_seqscan = off');
    const rows = await run(client, { ...statement, sql: `EXPLAIN ${statement.sql}` });
    const lines = rows.map((row) => (columnText(row, 'QUERY PLAN') ?? '').trimEnd());
    const scans = lines.flatMap((line) => /Seq Scan on (\S+)/u.exec(line)?.[1] ?? []);
    return { lines, scans: [...new Set(scans)] };
  } finally {
    await client.query('ROLLBACK');
  }
}

async function prepareSession(client: pg.PoolClient): Promise<void> {
  await client.query(
    `SET default_transaction_read_only = on; SET statement_timeout = ${QUERY_MS}; SET lock_timeout = ${QUERY_MS}; SET client_encoding = 'UTF8'`,
  );
  client.on('error', () => undefined);
}

/** Whether the server understood the question and had something against it. */
function isAnswer(error: unknown): boolean {
  return error instanceof pg.DatabaseError && typeof error.code === 'string' && !SERVER_ERRORS.test(error.code);
}

function readAuthority({ authority }: ServerAddress): { readonly ca?: string } {
  return authority === undefined ? {} : { ca: readFileSync(authority, 'utf8') };
}

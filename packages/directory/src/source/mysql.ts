import { readFileSync } from 'node:fs';
import mysql, { type PoolConnection, type RowDataPacket } from 'mysql2/promise';
import { CONNECTIONS_MAX, QUERY_MS, SAME_START_S, SCAN_ROWS_MAX, STATEMENTS_MAX, WAITING_MAX } from '../limits.ts';
import type { ServerAddress } from './address.ts';
import { type Lender, withLent, withTransaction } from './lend.ts';
import { columnText, type Plan, type Rendered, type SqlRow, type SqlServer } from './sql.ts';

/** What MariaDB or MySQL says to everybody: it has no room, is ending, does not know us, or was not quick enough. */
const SERVER_ERRORS: ReadonlySet<number> = new Set([1040, 1044, 1045, 1053, 1129, 1130, 1203, 1205, 1226, 1317, 1969, 3024]);

/** One MariaDB or MySQL server. Sessions can only read, and each statement has 2 s. */
export function openMysql(server: ServerAddress): SqlServer {
  const pool = mysql.createPool({
    ...(server.socket === undefined ? { host: server.host, port: server.port } : { socketPath: server.socket }),
    user: server.user,
    ...(server.password === undefined ? {} : { password: server.password }),
    database: server.database,
    charset: 'utf8mb4',
    connectionLimit: CONNECTIONS_MAX,
    queueLimit: WAITING_MAX,
    connectTimeout: QUERY_MS,
    maxPreparedStatements: STATEMENTS_MAX,
    supportBigNumbers: true,
    ...(server.tls === 'disable' ? {} : { ssl: { rejectUnauthorized: server.tls === 'verify-full', ...readAuthority(server) } }),
  });
  const lender: Lender<PoolConnection> = {
    lend: () => pool.getConnection(),
    prepare: prepareSession,
    giveBack: (connection, broken) => (broken ? connection.destroy() : connection.release()),
    isAnswer,
  };
  const run = (statement: Rendered, work: Work): Promise<readonly SqlRow[]> =>
    withLent(lender, keyOf, (connection) => work(connection, statement));
  const countStarts = createStartCounter();
  return {
    name: server.name,
    style: 'question-mark',
    query: (statement) => run(statement, execute),
    explain: async (statement) => readPlan(await run({ ...statement, sql: `EXPLAIN ${statement.sql}` }, execute)),
    snapshot: (work, signal) =>
      withTransaction(
        lender,
        keyOf,
        SNAPSHOT,
        (ask) =>
          work({
            query: (statement) => ask((connection) => execute(connection, statement)),
            identity: async () => `${await ask(identify)} ${countStarts(await ask(readStart))}`,
          }),
        signal,
      ),
    close: () => pool.end(),
  };
}

/** The connection beneath what the pool lends. */
function keyOf({ connection }: PoolConnection): object {
  return connection;
}

/** Tables of InnoDB answer as of the beginning; those of MyISAM have no other state than that of now. */
const SNAPSHOT = {
  begin: async (connection: PoolConnection): Promise<void> => {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  },
  end: (connection: PoolConnection) => connection.query('COMMIT'),
};

/** The server as it names itself, the database, and when its newest table was made: a dump that is read back in makes them anew. */
async function identify(connection: PoolConnection): Promise<string> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT CONCAT_WS(' ', @@hostname, @@port, @@server_id, @@datadir, DATABASE(), MAX(CREATE_TIME), COUNT(*)) AS identity
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`,
  );
  return columnText(rows[0], 'identity') ?? '';
}

/** Seconds since 1970 at which the server was started, give or take one. */
async function readStart(connection: PoolConnection): Promise<number> {
  const [now] = await connection.query<RowDataPacket[]>('SELECT UNIX_TIMESTAMP() AS now');
  const [uptime] = await connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Uptime'");
  return Number(columnText(now[0], 'now')) - Number(columnText(uptime[0], 'Value'));
}

/** Counts the starts of a server that this process has met. A clock of the server that was set looks like one, and costs a load. */
function createStartCounter(): (start: number) => number {
  let starts = 0;
  let last: number | undefined;
  return (start) => {
    if (last !== undefined && Math.abs(start - last) <= SAME_START_S) return starts;
    last = start;
    starts += 1;
    return starts;
  };
}

type Work = (connection: PoolConnection, statement: Rendered) => Promise<readonly SqlRow[]>;

async function execute(connection: PoolConnection, { sql, values }: Rendered): Promise<readonly SqlRow[]> {
  const [rows] = await connection.execute<RowDataPacket[]>(sql, [...values]);
  return rows;
}

async function prepareSession(connection: PoolConnection): Promise<void> {
  await connection.query('SET SESSION TRANSACTION READ ONLY');
  const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  const seconds = QUERY_MS / 1000;
  // MariaDB counts in seconds, MySQL in milliseconds, under different names.
  const limit = /mariadb/iu.test(columnText(rows[0], 'version') ?? '')
    ? `max_statement_time = ${seconds}`
    : `max_execution_time = ${QUERY_MS}`;
  await connection.query(`SET SESSION ${limit}, lock_wait_timeout = ${seconds}`);
}

/** Whether the server understood the question and had something against it. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number' || !('sqlState' in error)) return false;
  return error.errno > 0 && !SERVER_ERRORS.has(error.errno);
}

function readPlan(rows: readonly SqlRow[]): Plan {
  const text = (row: SqlRow, column: string): string => columnText(row, column) ?? '-';
  const lines = rows.map(
    (row) => `${text(row, 'table')}: ${text(row, 'type')}, key ${text(row, 'key')}, ${text(row, 'rows')} rows, ${text(row, 'Extra')}`,
  );
  // A full scan of a small table is what the optimizer chooses; of a large one it is because there is no index.
  const scans = rows.filter((row) => /^(?:ALL|index)$/iu.test(text(row, 'type')) && Number(text(row, 'rows')) > SCAN_ROWS_MAX);
  return { lines, scans: scans.map((row) => text(row, 'table')).filter((table) => !/^<.*>$/u.test(table)) };
}

function readAuthority({ authority }: ServerAddress): { readonly ca?: string } {
  return authority === undefined ? {} : { ca: readFileSync(authority, 'utf8') };
}

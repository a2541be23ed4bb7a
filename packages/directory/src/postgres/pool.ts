import type { PostgresPool } from 'kysely';
import pg from 'pg';
import { CHANGE_MS, CONNECTIONS_MAX, QUERY_MS } from '../limits.ts';
import type { ServerAddress } from '../source/address.ts';
import { connectionSettings } from '../source/postgres.ts';

/** PostgreSQL's number for `bigint`, whose values here are all exact as numbers. */
const INT8 = pg.types.builtins.INT8;

/** A pool whose connections are those of the library. */
interface WritingPool extends PostgresPool {
  connect(): Promise<pg.PoolClient>;
}

/** Connections to the first server that takes changes: a standby of the others is passed over. Rejects with what the last one said. */
export function createWritingPool(servers: readonly ServerAddress[]): WritingPool {
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
          return await connect(pool);
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
const BEGIN = `SELECT pg_is_in_recovery() AS standby, set_config('statement_timeout', '${CHANGE_MS}', false),
  set_config('lock_timeout', '${CHANGE_MS}', false), set_config('default_transaction_read_only', 'off', false)`;

/** A connection for one piece of work. One that did not answer before is found here, and cut. */
async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ readonly standby: boolean }>(BEGIN);
    if (rows[0]?.standby === true) throw new Error('it is a standby, and takes no changes');
    return client;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

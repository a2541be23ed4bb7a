import { describeError } from '@vratny/text';
import { SERVER_AWAY_MS } from '../limits.ts';
import { DirectoryFault } from '../port.ts';

/** A value that a statement is given. */
export type SqlValue = string | number;

/** How a database writes the place of a value: `?`, or `$1` and so on. */
export type PlaceStyle = 'question-mark' | 'dollar';

/** Statement and values as a driver takes them. */
export interface Rendered {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** A row as a driver gives it: any column could be anything. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** How a statement would be run, for the operator, and what in it reads more than it should. */
export interface Plan {
  readonly lines: readonly string[];
  /** Tables that are read from end to end; empty when all is well. */
  readonly scans: readonly string[];
}

/** One state of a database: whatever is asked of it, one server answers as of one moment. Rejects as the database does. */
export interface SqlState {
  query(statement: Rendered): Promise<readonly SqlRow[]>;
  /** Differs from server to server, from database to database, and after a restart or when tables were made anew: a version tells nothing across it. */
  identity(): Promise<string>;
}

/** A database that is only read. Rejects with `DirectoryFault`. */
export interface Sql {
  readonly style: PlaceStyle;
  query(statement: Rendered): Promise<readonly SqlRow[]>;
  /** Works on one state, at most until the signal; from the beginning with another server when one cannot be asked any more. */
  snapshot<T>(work: (state: SqlState) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Rejects where the statement itself is wrong. */
  explain(statement: Rendered): Promise<Plan>;
  close(): Promise<void>;
}

/** One of the servers of a database. Rejects with {@link ServerFault}, or as its driver does. */
export interface SqlServer extends Sql {
  /** For messages: without a password. */
  readonly name: string;
}

/** A server that is opened when it is first asked, and again when that went wrong. */
export function openLater(name: string, style: PlaceStyle, open: () => Promise<SqlServer>): SqlServer {
  let opened: Promise<SqlServer> | undefined;
  const get = (): Promise<SqlServer> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    name,
    style,
    query: async (statement) => (await get()).query(statement),
    explain: async (statement) => (await get()).explain(statement),
    snapshot: async (work, signal) => (await get()).snapshot(work, signal),
    close: async () => {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

/** A server that could not be asked: another one may be. What else goes wrong is the statement's fault. */
export class ServerFault extends Error {
  override readonly name = 'ServerFault';
}

/**
 * Several servers of one database: the first that answers, in their order; one that could not be asked comes last for some seconds. What a statement did
 * wrong it would do wrong everywhere.
 */
export function createServers(servers: readonly SqlServer[], monotonicMs: () => number): Sql {
  const awayUntilMs = new Map<SqlServer, number>();
  const inTurn = async <T>(work: (server: SqlServer) => Promise<T>): Promise<T> => {
    const now = monotonicMs();
    const isAway = (server: SqlServer): boolean => (awayUntilMs.get(server) ?? 0) > now;
    let last: unknown = new ServerFault('no server is named');
    for (const server of [...servers.filter((one) => !isAway(one)), ...servers.filter(isAway)]) {
      try {
        const result = await work(server);
        awayUntilMs.delete(server);
        return result;
      } catch (error) {
        if (error instanceof DirectoryFault) throw error;
        last = faultOf(server, error);
        if (!(error instanceof ServerFault)) break;
        awayUntilMs.set(server, monotonicMs() + SERVER_AWAY_MS);
      }
    }
    throw last instanceof DirectoryFault ? last : new DirectoryFault(describeError(last));
  };
  return {
    style: servers[0]?.style ?? 'question-mark',
    query: (statement) => inTurn((server) => server.query(statement)),
    explain: (statement) => inTurn((server) => server.explain(statement)),
    snapshot: (work, signal) => inTurn((server) => server.snapshot((state) => work(namedState(server, state)), signal)),
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

function faultOf(server: SqlServer, error: unknown): DirectoryFault {
  return new DirectoryFault(`directory ${server.name}: ${describeError(error)}`, { cause: error });
}

/** What a server has against a question is said with its name. */
function namedState(server: SqlServer, state: SqlState): SqlState {
  return {
    query: (statement) =>
      state.query(statement).catch((error: unknown) => {
        throw error instanceof ServerFault ? error : faultOf(server, error);
      }),
    identity: async () => `${server.name} ${await state.identity()}`,
  };
}

/** A column as text, whatever type its driver makes of it; undefined for NULL, for empty text, and for what no column is. */
export function columnText(row: SqlRow | undefined, column: string): string | undefined {
  const value = row?.[column];
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8') || undefined;
  if (typeof value === 'string') return value || undefined;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : undefined;
}

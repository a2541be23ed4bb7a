import { createHash } from 'node:crypto';

/** A database, as a copy remembers of which one it is. Without passwords. */
interface AskedPart {
  readonly kind: 'mysql' | 'postgres' | 'sqlite';
  /** Its name, or the path of its file. */
  readonly database: string;
  /** Servers in any order; none for a file. */
  readonly servers: readonly string[];
  readonly user: string;
  /** What the statements hash to. */
  readonly statements: string;
}

/** A database and, where there is one, what is laid over it. As JSON, so that a copy can hold it. */
export type Asked = string;

/** How a database is described; see {@link describeAsked}. */
type Description = Omit<AskedPart, 'statements'> & { readonly statements: readonly unknown[] };

/** Describes what a copy is made of: which database, and what is asked of it; then what is laid over it. */
export function describeAsked(...parts: readonly Description[]): Asked {
  const described = parts.map(
    ({ statements, servers, kind, database, user }): AskedPart => ({
      kind,
      database,
      servers: servers.toSorted(),
      user,
      statements: createHash('sha256').update(JSON.stringify(statements)).digest('hex'),
    }),
  );
  return JSON.stringify(described);
}

/**
 * Whether a copy is of what is asked now. `same`. `changed`: of the same database, by other statements, another user or another list of servers: who is in it may
 * still be told while the database is away, and nothing more. `other`: of another database, or nobody knows of which.
 */
export function compareAsked(held: unknown, wanted: Asked): 'same' | 'changed' | 'other' {
  if (held === wanted) return 'same';
  const [before, now] = [readParts(held), readParts(wanted)];
  const [one, other] = [before[0], now[0]];
  return one !== undefined && other !== undefined && isSameDatabase(one, other) ? 'changed' : 'other';
}

/** By one server that both name: one was added, or taken away. */
function isSameDatabase(one: AskedPart, other: AskedPart): boolean {
  if (one.kind !== other.kind || one.database !== other.database) return false;
  return one.servers.length + other.servers.length === 0 || one.servers.some((server) => other.servers.includes(server));
}

function readParts(held: unknown): readonly AskedPart[] {
  try {
    const parts: unknown = JSON.parse(String(held));
    return Array.isArray(parts) ? (parts as readonly AskedPart[]) : [];
  } catch {
    return [];
  }
}

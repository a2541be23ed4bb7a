import { openAdoptedDatabase, openAdoptedDirectory } from './adopted.ts';
import type { LookupSettings } from './create-directory.ts';
import { createRegister } from './create-register.ts';
import type { Directory, MailboxesAt } from './port.ts';
import { openPostgresStore } from './postgres/store.ts';
import type { Register } from './register.ts';
import type { ServerAddress } from './source/address.ts';
import type { AskedDatabase } from './source/asked-database.ts';
import { OUR_TEXTS } from './tables/texts.ts';

export { createReadingPool, createWritingPool } from './postgres/store.ts';

/** Where a directory of ours is, for many nodes. */
export interface PostgresOptions {
  /** Servers of one database, the preferred one first. Changes go to the first that is no standby. */
  readonly servers: readonly ServerAddress[];
  /** Path of a local copy that somebody keeps. */
  readonly copy?: string | undefined;
}

/**
 * The look-ups, by an account that need not write. Connects when it is asked: a server that is away, or a database without our tables, is a fault of each
 * look-up whose answer is not known.
 */
export function openPostgresDirectory({
  servers,
  ...more
}: PostgresOptions & LookupSettings & { readonly processes?: number; readonly monotonicMs?: () => number }): Directory {
  return openAdoptedDirectory({ ...more, database: { kind: 'postgres', servers }, texts: OUR_TEXTS });
}

/** What a local copy is made of. Connects when it is asked. */
export function openPostgresDatabase({ servers }: PostgresOptions): AskedDatabase {
  return openAdoptedDatabase({ database: { kind: 'postgres', servers }, texts: OUR_TEXTS });
}

/** How a register in PostgreSQL is opened; see `SqliteOptions`. The database itself is never made. */
interface PostgresRegisterOptions extends Pick<PostgresOptions, 'servers'> {
  readonly now: () => Date;
  readonly mailboxes?: MailboxesAt;
  readonly forwards?: boolean;
  readonly whenMissing?: 'make' | 'reject' | 'wait';
  readonly migrates?: boolean;
}

/** The register. Changes of all nodes come one after the other, each in one transaction with its line of the audit. @throws DirectoryFault */
export async function openPostgresRegister(options: PostgresRegisterOptions): Promise<Register> {
  const { servers, now, whenMissing = 'make', migrates = whenMissing === 'make' } = options;
  return createRegister(await openPostgresStore({ servers, now, whenMissing, migrates }), now, options);
}

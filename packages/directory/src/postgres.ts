import { openAdoptedDatabase, openAdoptedDirectory } from './adopted.ts';
import type { LookupSettings } from './create-directory.ts';
import { createRegister } from './create-register.ts';
import { type Directory, DirectoryFault, type MailboxesAt } from './port.ts';
import { createPostgresStore } from './postgres/store.ts';
import type { Register } from './register.ts';
import type { ServerAddress } from './source/address.ts';
import type { AskedDatabase, StatementTexts } from './source/asked-database.ts';

/** Where a directory of ours is, for many nodes. */
export interface PostgresOptions {
  /** Servers of one database, the preferred one first. Changes go to the first that is no standby. */
  readonly servers: readonly ServerAddress[];
  /** Path of a local copy that somebody keeps. */
  readonly copy?: string | undefined;
}

const MAILBOX = `SELECT 'mailbox' AS kind, address, NULL::text AS target, quota_bytes, used_bytes, antispam, enabled, store FROM mailboxes WHERE`;
const ALIAS = `SELECT 'alias' AS kind, address, string_agg(target, ',' ORDER BY position) AS target, NULL::bigint AS quota_bytes,
  NULL::bigint AS used_bytes, NULL::bigint AS antispam, NULL::bigint AS enabled, NULL::text AS store FROM aliases WHERE`;
const DOMAIN = 'SELECT name, letter, previous_letter, grace_until, alias_of, mailboxes FROM domains WHERE';

/** Our own tables, asked as those of hosting programs are. */
const TEXTS: StatementTexts = {
  domain: `${DOMAIN} name = :domain`,
  address: `${MAILBOX} address = :address UNION ALL ${ALIAS} address = :address GROUP BY address`,
  domains: [`${DOMAIN} name > :after ORDER BY name LIMIT :limit`],
  addresses: [
    `${MAILBOX} address > :after ORDER BY address LIMIT :limit`,
    `${ALIAS} address > :after GROUP BY address ORDER BY address LIMIT :limit`,
  ],
  stores: 'SELECT DISTINCT store FROM mailboxes WHERE store IS NOT NULL ORDER BY store LIMIT :limit',
};

/**
 * The look-ups, by an account that need not write. Connects when it is asked: a server that is away, or a database without our tables, is a fault of each
 * look-up whose answer is not known.
 */
export function openPostgresDirectory({
  servers,
  ...more
}: PostgresOptions & LookupSettings & { readonly processes?: number; readonly monotonicMs?: () => number }): Directory {
  return openAdoptedDirectory({ ...more, database: { kind: 'postgres', servers }, texts: TEXTS });
}

/** What a local copy is made of. Connects when it is asked. */
export function openPostgresDatabase({ servers }: PostgresOptions): AskedDatabase {
  return openAdoptedDatabase({ database: { kind: 'postgres', servers }, texts: TEXTS });
}

/** How a register in PostgreSQL is opened; see `SqliteOptions`. The database itself is never made. */
interface PostgresRegisterOptions extends Pick<PostgresOptions, 'servers'> {
  readonly now: () => Date;
  readonly mailboxes?: MailboxesAt;
  readonly whenMissing?: 'make' | 'reject' | 'wait';
  readonly migrates?: boolean;
}

/** The register. Changes of all nodes come one after the other, each in one transaction with its line of the audit. @throws DirectoryFault */
export async function openPostgresRegister(options: PostgresRegisterOptions): Promise<Register> {
  const { servers, now, mailboxes, whenMissing = 'make', migrates = whenMissing === 'make' } = options;
  const store = createPostgresStore(servers);
  try {
    await store.prepare(whenMissing === 'make' ? 'make' : migrates ? 'migrate' : 'check', now);
  } catch (error) {
    if (whenMissing !== 'wait' || !(error instanceof DirectoryFault)) {
      await store.close();
      throw error;
    }
  }
  return createRegister(store, now, mailboxes);
}

import { formatRelay, type Site } from '@vratny/config';
import type { Delivery, Target } from '@vratny/delivery';
import { type Directory, DirectoryFault, type Register } from '@vratny/directory';
import type { AskedDatabase } from '@vratny/directory/adopted';
import type { SqliteOptions } from '@vratny/directory/sqlite';
import { startDeadline } from '@vratny/waiting';
import { adoptedOptions, postgresOptions } from './database-options.ts';
import { STORE_MS } from './limits.ts';
import { EXIT_CONFIG, EXIT_TEMPORARY, StartProblem } from './start-problem.ts';

/**
 * What becomes of a directory that is missing or empty. `make`: a new one; for the first step of setting a site up, and
 * for nothing else, since a path that is mistyped or a volume that is not mounted look the same. `reject`: a problem.
 * `wait`: every operation is a fault until it is there.
 */
export type WhenMissing = NonNullable<SqliteOptions['whenMissing']>;

/** What look-ups need to know of who asks. */
export interface DirectoryOptions {
  /** Default `reject`. */
  readonly whenMissing?: Exclude<WhenMissing, 'make'>;
  /** Told of what is wrong in the directory and keeps no mail; nobody unless given. */
  readonly onTrouble?: (detail: string) => void;
  /** Asked for mailboxes where the store knows them. */
  readonly delivery: Pick<Delivery, 'admits'>;
  /** Processes of the host, which share its questions to a database; 1 unless given. */
  readonly processes?: number;
}

/** The look-ups. @throws StartProblem */
export async function openDirectory(
  site: Pick<Site, 'directory' | 'mailboxes' | 'recipients' | 'forwarding'>,
  { whenMissing = 'reject', onTrouble = () => undefined, delivery, processes = 1 }: DirectoryOptions,
): Promise<Directory> {
  const { directory, mailboxes, recipients } = site;
  const { extensionSigns } = recipients;
  const forwarding = site.forwarding && formatRelay(site.forwarding);
  const store = { mailboxes, exists: (mailbox: Target) => existsInStore(delivery, mailbox) };
  switch (directory.kind) {
    case 'sqlite': {
      const { openSqliteDirectory } = await import('@vratny/directory/sqlite');
      return opening(openSqliteDirectory({ path: directory.path, whenMissing, extensionSigns, onTrouble, forwarding, store }));
    }
    case 'postgres': {
      const { openPostgresDirectory } = await import('@vratny/directory/postgres');
      return openPostgresDirectory({ ...postgresOptions(directory), extensionSigns, onTrouble, forwarding, store, processes });
    }
    case 'adopted': {
      const { loadDrivers, openAdoptedDirectory } = await import('@vratny/directory/adopted');
      const options = adoptedOptions(directory);
      await loadDrivers(options);
      return explaining(() => openAdoptedDirectory({ ...options, extensionSigns, onTrouble, forwarding, store, processes }));
    }
    default:
      return directory satisfies never;
  }
}

/** Whether the store has a mailbox. Rejects with what it says when it cannot tell. */
async function existsInStore(delivery: Pick<Delivery, 'admits'>, mailbox: Target): Promise<boolean> {
  using deadline = startDeadline(STORE_MS);
  const answer = await delivery.admits(mailbox, 0, deadline.signal);
  if (answer.kind === 'fault') throw new Error(answer.detail);
  return answer.kind !== 'unknown';
}

/** The register. @throws StartProblem */
export async function openRegister(
  site: Pick<Site, 'directory' | 'mailboxes' | 'forwarding'>,
  now: () => Date,
  whenMissing: WhenMissing = 'reject',
  more: Pick<SqliteOptions, 'migrates'> = {},
): Promise<Register> {
  const { directory } = site;
  const rules = { mailboxes: site.mailboxes, forwards: site.forwarding !== undefined };
  switch (directory.kind) {
    case 'sqlite': {
      const { openSqliteRegister } = await import('@vratny/directory/sqlite');
      return opening(openSqliteRegister({ path: directory.path, now, whenMissing, ...more, ...rules }));
    }
    case 'postgres': {
      const { openPostgresRegister } = await import('@vratny/directory/postgres');
      return opening(openPostgresRegister({ ...postgresOptions(directory), now, whenMissing, ...more, ...rules }));
    }
    case 'adopted': {
      const { openAdoptedRegister } = await import('@vratny/directory/adopted');
      return opening(openAdoptedRegister({ ...adoptedOptions(directory), now, whenMissing, ...more, ...rules }));
    }
    default:
      return directory satisfies never;
  }
}

/**
 * A directory that cannot be opened keeps a program from starting. It may be there a moment later, a missing one too:
 * its volume may be mounted.
 */
async function opening<T>(opened: Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    throw error instanceof DirectoryFault ? new StartProblem(error.message, EXIT_TEMPORARY, { cause: error }) : error;
  }
}

/** Statements that are none keep a program from starting for good. */
function explaining<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DirectoryFault ? new StartProblem(error.message, EXIT_CONFIG, { cause: error }) : error;
  }
}

/**
 * What the local copy of the directory is made of, and where it lies; undefined where the site has none. @throws
 * StartProblem
 */
export async function openCopySource({
  directory,
}: Pick<Site, 'directory'>): Promise<{ readonly path: string; readonly source: AskedDatabase } | undefined> {
  if (directory.kind === 'sqlite' || directory.copy === undefined) return undefined;
  if (directory.kind === 'postgres') {
    const { openPostgresDatabase } = await import('@vratny/directory/postgres');
    return { path: directory.copy, source: openPostgresDatabase(postgresOptions(directory)) };
  }
  const { openAdoptedDatabase } = await import('@vratny/directory/adopted');
  return { path: directory.copy, source: explaining(() => openAdoptedDatabase(adoptedOptions(directory))) };
}

import { join } from 'node:path';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { type RunningMx, startMx } from '@vratny/support/mx';
import { makeWorldSite, type WorldSite, type WorldSiteOptions } from '@vratny/support/world-host';
import { expireLeases } from './ledger/expire-leases.ts';

/** A site with many mailboxes, so that each message of a test can have some of its own. */
export interface FaultWorld extends AsyncDisposable {
  readonly site: WorldSite;
  /** Undefined when the test gave mx another state. */
  readonly stateFile: string | undefined;
  /** A mailbox that no message was for yet. Throws when all are used up. */
  nextMailbox(): string;
  /** See `expireLeases`; nothing happens with another state than our file. */
  letTimePass(): void;
}

/** What differs from policy a, Maildir and a state file of SQLite. */
export interface FaultWorldOptions {
  /** How many there are; each costs a millisecond. */
  readonly mailboxes?: number;
  /** `state` of the site file when it is not our SQLite file. */
  readonly state?: string;
  /** Where our file of state lies, when not in the site's folder. */
  readonly stateFile?: string;
  /** Further options of the site: `mailFolder`, `extra: { delivery }`, ... */
  readonly site?: WorldSiteOptions;
}

/** The domain of these mailboxes; its policy is a: what is shown here is delivery. */
export const DOMAIN = 'a.example.test';

/** Writes such a site; no host runs yet. */
export async function makeFaultWorld(options: FaultWorldOptions = {}): Promise<FaultWorld> {
  const { mailboxes = 100 } = options;
  await using stack = new AsyncDisposableStack();
  // Relative to the site file.
  const state = options.state ?? `sqlite:${options.stateFile ?? './state.db'}`;
  const site = stack.use(await makeWorldSite({ ...options.site, extra: { state, ...options.site?.extra } }));
  const stateFile = options.state === undefined ? (options.stateFile ?? join(site.folder, 'state.db')) : undefined;
  const addresses = Array.from({ length: mailboxes }, (_none, at) => `box${at}@${DOMAIN}`);
  await addMailboxes(site.directoryFile, addresses);
  let used = 0;
  const owned = stack.move();
  return {
    site,
    stateFile,
    nextMailbox() {
      const address = addresses[used];
      if (address === undefined) throw new Error(`more than the ${mailboxes} mailboxes that this world was made with`);
      used += 1;
      return address;
    },
    letTimePass() {
      if (stateFile !== undefined) expireLeases(stateFile, new Date());
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function addMailboxes(directoryFile: string, addresses: readonly string[]): Promise<void> {
  const register = await openSqliteRegister({ path: directoryFile, now: () => new Date() });
  try {
    for (const address of addresses) await register.addMailbox(address, {}, 'test:faults');
  } finally {
    await register.close();
  }
}

/** Starts a10 with one worker whose file operations run in one thread, so that system calls can be counted. */
export function startCountableMx(world: FaultWorld): Promise<RunningMx> {
  return startMx({ siteFile: world.site.siteFile, host: 'a10', workers: 1, environment: { UV_THREADPOOL_SIZE: '1' } });
}

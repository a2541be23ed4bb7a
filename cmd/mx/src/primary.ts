import { openJournal } from '@vratny/adapters';
import { hostId } from '@vratny/hosts';
import type { Event, Journal } from '@vratny/journal';
import { policyOf } from '@vratny/policy';
import { checkScanners, openAskedScanners } from './check-scanners.ts';
import { endSignal } from './end-signal.ts';
import type { Flags } from './flags.ts';
import type { SiteText } from './messages.ts';
import { Pool } from './pool.ts';
import { readSiteText, readValidSite } from './site-text.ts';
import { formatAddress, openSockets } from './sockets.ts';
import { TlsKeeper } from './tls-keeper.ts';

/** Owns sockets, signals and restarts; serves nobody itself. Resolves with the exit code. @throws StartProblem */
export async function runPrimary(flags: Flags): Promise<number> {
  const journal = openJournal({ stream: process.stderr, now: () => new Date() });
  const note = (what: Extract<Event, { kind: 'process' }>['what'], detail: string) => journal.record({ kind: 'process', what, detail });
  const site = readValidSite(flags.config, { directoryMayBeMissing: true });
  const perIpMax = readSiteText(site).limits.connectionsPerIp;
  const tls: TlsKeeper = new TlsKeeper(readSiteText(site), journal, () => pool.tellTls());
  const pool = new Pool({ flags, site, perIpMax, tls: () => tls.handout, onLoss: (detail) => note('worker-lost', detail) });
  const sockets = await openSockets(flags.listen, (socket) => pool.give(socket));
  try {
    await pool.start();
  } catch (error) {
    sockets.close();
    throw error;
  }
  note('started', `${hostId(flags.host)} with ${flags.workers} worker(s)`);
  // Who reads that we listen may send a signal at once.
  reloadOnHangUp({ flags, pool, tls }, note);
  const ending = endSignal();
  for (const address of sockets.addresses) process.stdout.write(`listening on ${formatAddress(address)}\n`);
  const endChecks = checkAsked(flags, site, journal);
  const signal = await ending;
  note('draining', signal);
  sockets.close();
  await Promise.all([pool.stop(), endChecks()]);
  note('stopped', signal);
  return finish(journal);
}

/** Tries the scanners that this host's policy asks; the workers have refused to start where there is none. */
function checkAsked({ host }: Flags, site: SiteText, journal: Journal): () => Promise<void> {
  const policy = policyOf(host);
  return checkScanners(policy ? openAskedScanners(policy, readSiteText(site)) : [], journal);
}

async function finish(journal: Journal): Promise<number> {
  await journal.close();
  return 0;
}

interface Running {
  readonly flags: Flags;
  readonly pool: Pool;
  readonly tls: TlsKeeper;
}

/** SIGHUP loads the site file again; an invalid one is refused loudly, and the old one stays. Signals that come meanwhile count as one. */
function reloadOnHangUp(running: Running, note: (what: 'reloaded', detail: string) => void): void {
  let busy = false;
  let asked = false;
  const reload = async () => {
    asked = true;
    if (busy) return;
    busy = true;
    while (asked) {
      asked = false;
      note('reloaded', await loadAgain(running));
    }
    busy = false;
  };
  process.on('SIGHUP', () => void reload());
}

/** Says how it went. Never rejects. */
async function loadAgain(running: Running): Promise<string> {
  const { flags, pool, tls } = running;
  try {
    const text = readValidSite(flags.config);
    const undo = tls.use(readSiteText(text));
    const ok = await pool.roll(text, readSiteText(text).limits.connectionsPerIp);
    if (!ok) undo();
    return ok ? 'the new site file is in use' : 'new workers did not start, the old site file stays in use';
  } catch (error) {
    return `refused, the old site file stays in use: ${error instanceof Error ? error.message : String(error)}`;
  }
}

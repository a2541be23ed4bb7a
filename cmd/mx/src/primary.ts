import { openAntispam, openAntivirus, openJournal, type Systemd } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { hostId } from '@vratny/hosts';
import type { Event, Journal } from '@vratny/journal';
import { foldFaults } from '@vratny/journal/fold-faults';
import type { Dropped } from '@vratny/journal/history/queue';
import { describeError } from '@vratny/text';
import { type Cancellation, createCanceller, pause } from '@vratny/waiting';
import { launchWithoutCapabilities } from './capabilities.ts';
import { descriptorsMax, tooFewDescriptors } from './descriptors.ts';
import type { Flags } from './flags.ts';
import { CHECK_AGAIN_MS, FAULTS_COUNTED_MS } from './limits.ts';
import type { ScannerName, SiteText } from './messages.ts';
import { Pool } from './pool.ts';
import { nodeOptionsOf } from './self.ts';
import { onSignal } from './signals.ts';
import { readSiteText, readValidSite } from './site-text.ts';
import { adoptSockets, bindSockets, formatAddress } from './sockets.ts';
import { TlsKeeper } from './tls-keeper.ts';
import { createWriter, type Writer } from './writer.ts';

/** Owns sockets, signals and restarts; serves nobody itself. Resolves with the exit code. @throws StartProblem */
export async function runPrimary(flags: Flags, systemd: Systemd): Promise<number> {
  const plain = openJournal({ stream: process.stderr, now: () => new Date() });
  const journal = foldFaults(plain, FAULTS_COUNTED_MS);
  const note = (what: Extract<Event, { kind: 'process' }>['what'], detail: string) => journal.record({ kind: 'process', what, detail });
  const site = readValidSite(flags.config, { directoryMayBeMissing: true });
  const tls: TlsKeeper = new TlsKeeper(readSiteText(site), journal, () => pool.tellTls());
  const sockets = flags.sockets.length > 0 ? adoptSockets(flags.sockets) : await bindSockets(flags.listen);
  const writer = createWriter(journal);
  const pool = new Pool({
    flags,
    site,
    historySocket: writer.socket,
    tls: () => tls.handout,
    sockets: sockets.descriptors,
    onLoss: (detail) => note('worker-lost', detail),
    // Each is an alarm of its own, also when there are several within a minute.
    onSilence: (detail) => plain.record({ kind: 'fault', where: 'worker', detail }),
    onFault: (fault) => journal.record(fault),
    onUsage: (changes) => writer.noteUsage(changes),
    onLook: (domain) => writer.look(domain),
    onDropped: countDropped(journal),
  });
  writer.use(site);
  const serving = `serves as ${hostId(flags.host)}`;
  const load = async () => {
    systemd.reloading();
    const outcome = await loadAgain(flags, { pool, tls, writer });
    systemd.ready(`${serving}; ${outcome}`);
    return outcome;
  };
  const { ending, reloadFromNowOn } = listenToSignals(load, note);
  const start = pool.start();
  // A signal may come before it serves; what the workers say then is of no interest.
  const early = await Promise.race([ending, start.then(() => undefined)]).catch(async (error: unknown) => {
    sockets.close();
    throw error;
  });
  if (early === undefined) {
    note('started', `${hostId(flags.host)} with ${flags.workers} worker(s)`);
    for (const detail of shortcomings(site)) journal.record({ kind: 'fault', where: 'limits', detail });
    for (const address of sockets.addresses) process.stdout.write(`listening on ${formatAddress(address)}\n`);
    systemd.ready(serving);
    reloadFromNowOn();
  } else start.catch(() => undefined);
  const endChecks = early === undefined ? await checkAsked(pool.scanners, site, journal) : async () => undefined;
  const signal = await ending;
  systemd.stopping();
  note('draining', signal);
  sockets.close();
  await Promise.all([pool.stop(), endChecks()]);
  await writer.stop();
  note('stopped', signal);
  await journal.close();
  return 0;
}

/** Tells of what the history does not have, of all workers since the start. */
function countDropped(journal: Journal): (dropped: Dropped) => void {
  let entries = 0;
  let counts = 0;
  return (dropped) => {
    entries += dropped.entries;
    counts += dropped.counts;
    const detail = `${entries} entries and ${counts} counts were dropped so far: the writer does not keep up`;
    journal.record({ kind: 'fault', where: 'history', detail });
  };
}

/** What the machine does not give that the site asks for. */
function shortcomings(site: SiteText): readonly string[] {
  const max = descriptorsMax();
  const descriptors = max === undefined ? undefined : tooFewDescriptors(readSiteText(site), max);
  const node = { execPath: process.execPath, execArgv: nodeOptionsOf() };
  const capabilities =
    launchWithoutCapabilities(node) === 'cannot'
      ? 'workers keep the capabilities of the primary: there is no setpriv (util-linux)'
      : undefined;
  return [descriptors, capabilities].filter((one) => one !== undefined);
}

/** Tries the scanners that this host's policy asks; the workers have refused to start where there is none. */
async function checkAsked(asked: readonly ScannerName[], site: SiteText, journal: Journal): Promise<() => Promise<void>> {
  return checkScanners(await openAskedScanners(asked, readSiteText(site)), journal);
}

interface Signals {
  /** Resolves with the first signal that ends the program. */
  readonly ending: Promise<string>;
  /** The host serves: what was asked for while it started is done now. */
  reloadFromNowOn(): void;
}

/** SIGHUP loads the site file again; an invalid one is refused loudly, and the old one stays. Signals that come meanwhile count as one. */
function listenToSignals(load: () => Promise<string>, note: (what: 'reloaded', detail: string) => void): Signals {
  const { promise: ending, resolve: end } = Promise.withResolvers<string>();
  // While it starts, it counts as one that is loading.
  let running = true;
  let asked = false;
  const reload = async () => {
    running = true;
    while (asked) {
      asked = false;
      note('reloaded', await load());
    }
    running = false;
  };
  onSignal((request, signal) => {
    if (request === 'end') {
      end(signal);
      return;
    }
    asked = true;
    if (!running) void reload();
  });
  return { ending, reloadFromNowOn: () => void reload() };
}

/** Says how it went. Never rejects. */
async function loadAgain(
  flags: Flags,
  { pool, tls, writer }: { readonly pool: Pool; readonly tls: TlsKeeper; readonly writer: Writer },
): Promise<string> {
  try {
    const text = readValidSite(flags.config);
    const undo = tls.use(readSiteText(text));
    const ok = await pool.roll(text);
    if (!ok) undo();
    else writer.use(text);
    return ok ? 'the new site file is in use' : 'new workers did not start, the old site file stays in use';
  } catch (error) {
    return `refused, the old site file stays in use: ${describeError(error)}`;
  }
}

/** A scanner that a host's policy asks, by the name its faults have in the journal. */
export interface AskedScanner {
  readonly where: ScannerName;
  /** What is wrong, one line each. Never rejects. */
  check(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Those scanners; nothing is asked of them yet. @throws StartProblem */
export async function openAskedScanners(
  asked: readonly ScannerName[],
  site: Pick<Site, 'antivirus' | 'antispam' | 'limits'>,
): Promise<readonly AskedScanner[]> {
  return Promise.all(
    asked.map(async (where) => ({ where, ...(await (where === 'antivirus' ? openAntivirus(site) : openAntispam(site))) })),
  );
}

/**
 * Tries each scanner, in the background, and records what is wrong at the second try too as faults: the host serves meanwhile, and mail
 * that cannot be scanned waits. Returns what ends it; nothing is recorded after that.
 */
export function checkScanners(
  scanners: readonly AskedScanner[],
  journal: Pick<Journal, 'record'>,
  againMs: number = CHECK_AGAIN_MS,
): () => Promise<void> {
  const closing = createCanceller();
  const checks = scanners.map(async (scanner) => {
    const problems = await checkTwice(scanner, againMs, closing.signal);
    // A check that was ended finds that the scanner was closed, which is no news.
    if (closing.signal.aborted) return;
    for (const detail of problems) journal.record({ kind: 'fault', where: scanner.where, detail });
    await scanner.close();
  });
  return async () => {
    closing.abort();
    await Promise.all(scanners.map((scanner) => scanner.close()));
    await Promise.all(checks);
  };
}

async function checkTwice(scanner: AskedScanner, againMs: number, signal: Cancellation): Promise<readonly string[]> {
  const problems = await scanner.check();
  if (problems.length === 0) return problems;
  await pause(againMs, signal);
  return signal.aborted ? [] : scanner.check();
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { loadSite } from '@vratny/adapters';
import {
  commandClamd,
  findProgram,
  installPackages,
  type KeptDaemon,
  keepDaemon,
  pingRspamd,
  type RunningProgram,
  startClamd,
  startRspamd,
  writeSignatures,
} from '@vratny/daemons';
import { antivirus, asks, POLICIES } from '@vratny/policy';
import type { ClamdAddress } from '@vratny/scanner/clamd';
import { describeError } from '@vratny/text';
import type { Cancellation } from '@vratny/waiting';

/** Debian's packages of the programs. */
const PACKAGES = { clamd: 'clamav-daemon', rspamd: 'rspamd' } as const;
const LOOPBACK = new Set(['127.0.0.1', '[::1]', '::1', 'localhost']);
const ONLY_TESTS = [
  '*** clamd has test signatures only (EICAR and one more): it finds NO real virus. ***',
  '*** For real ones: apt-get install clamav-freshclam, run freshclam once, start the demo again. ***',
];

/** What the demo needs to know of its scanners. */
export interface Scanners {
  /** Lines that a person should read, when all else has been said. */
  readonly notes: readonly string[];
  stop(): Promise<void>;
}

/**
 * Installs the programs that are missing, where that may be done; says so, and goes on without them where it may not.
 */
export function installScanners(mayInstall: boolean, say: (line: string) => void): void {
  const missing = (['clamd', 'rspamd'] as const).filter((name) => findProgram(name) === undefined);
  if (missing.length === 0) return;
  installPackages(
    missing.map((name) => PACKAGES[name]),
    { mayInstall, say },
  );
}

/**
 * Starts the scanners that the site file names, when nobody else has. Their files are below `directory`. Never rejects.
 */
export async function startScanners(
  { directory, site }: { readonly directory: string; readonly site: string },
  say: (line: string) => void,
  signal: Cancellation,
): Promise<Scanners> {
  const { antivirus: virus, antispam: spam } = await loadSite(site);
  const official = officialSignatures();
  if (official !== undefined && findProgram('clamd') !== undefined)
    say('clamd reads the official signatures, which takes half a minute ...');
  const scanners = [clamdOf(directory, virus.clamd[0], official), rspamdOf(directory, spam.rspamd[0])];
  const [clamd, rspamd] = await Promise.all(scanners.map((scanner) => startScanner(scanner, say, signal)));
  const loud = clamd?.daemon && official === undefined ? ONLY_TESTS.map(paint) : [];
  const notes = [clamd?.note, rspamd?.note].filter((note) => note !== undefined);
  const stop = async () => void (await Promise.all([clamd?.daemon?.stop(), rspamd?.daemon?.stop()]));
  return { notes: [...loud, ...notes.map(paint)], stop };
}

function clamdOf(directory: string, address: ClamdAddress | undefined, official: string | undefined): Scanner {
  const hosts = POLICIES.filter((policy) => asks(policy, antivirus)).map((policy) => policy.name);
  const listen = address === undefined ? [] : [address];
  return {
    name: 'clamd',
    at: address && (address.kind === 'unix' ? `unix:${address.path}` : `tcp://${address.host}:${address.port}`),
    without: `until one is there, ${hosts.join(', ')} answer 451 after DATA`,
    answers: async () => address !== undefined && (await commandClamd(address, 'PING').catch(() => '')) === 'PONG',
    here: address !== undefined && (address.kind === 'unix' || LOOPBACK.has(address.host)),
    start: async (signal) => {
      const own = join(directory, 'clamav', 'signatures');
      if (official === undefined) writeSignatures(own);
      return startClamd({ folder: join(directory, 'clamav'), listen, signatures: official ?? own, signal });
    },
  };
}

function rspamdOf(directory: string, url: string | undefined): Scanner {
  const where = url === undefined ? undefined : new URL(url);
  return {
    name: 'rspamd',
    at: url,
    without: 'until one is there, mail for mailboxes with antispam on is answered 451 after DATA',
    answers: async () => url !== undefined && (await pingRspamd(url)),
    here: where?.protocol === 'http:' && LOOPBACK.has(where.hostname),
    start: (signal) => startRspamd({ folder: join(directory, 'rspamd'), url: url ?? '', signal }),
  };
}

function paint(line: string): string {
  return styleText(['bold', 'yellow'], line, { stream: process.stdout });
}

/** One of the two scanners of the demo, as the site file has it. */
export interface Scanner {
  /** Its program. */
  readonly name: 'clamd' | 'rspamd';
  /** Where the site file says that it is; undefined when it names none. */
  readonly at: string | undefined;
  /** What there is to lose without it. */
  readonly without: string;
  /** True when one answers there already. Never rejects. */
  readonly answers: () => Promise<boolean>;
  /** False when that address is not on this machine. */
  readonly here: boolean;
  readonly start: (signal: Cancellation) => Promise<RunningProgram>;
}

/** What became of it: the daemon when it is ours, and a line for the terminal when there is something to say. */
interface StartedScanner {
  readonly daemon?: KeptDaemon;
  readonly note?: string;
}

/** Starts one that nobody else has started; the demo goes on without it. Never rejects. */
export async function startScanner(scanner: Scanner, say: (line: string) => void, signal: Cancellation): Promise<StartedScanner> {
  const { name, at, without } = scanner;
  const missing = (why: string): StartedScanner => ({ note: `${name}: ${why}; ${without}` });
  if (at === undefined) return missing('the site file names none');
  if (await scanner.answers()) return { note: `${name}: one answers at ${at} already, and is used` };
  if (!scanner.here) return missing(`nobody answers at ${at}, which is not on this machine`);
  if (findProgram(name) === undefined) return missing('it is not installed');
  try {
    return { daemon: await keepDaemon({ name, start: scanner.start, say: (line) => say(`${line}; ${without}`), signal }) };
  } catch (error) {
    return signal.aborted ? {} : missing(`it could not be started (${explain(error)})`);
  }
}

/** The first line says that it failed, the last one of its log why. */
function explain(error: unknown): string {
  const lines = describeError(error)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const [first = ''] = lines;
  return lines.length > 1 ? `${first}: ${lines.at(-1)}` : first;
}

/** Where Debian's freshclam keeps the official signatures. */
const OFFICIAL = '/var/lib/clamav';
/** `main` and `daily`, as they were fetched or with their updates in them. */
const DATABASE = /^(?:main|daily)\.c[lv]d$/u;

/**
 * The folder of the official signatures; undefined when this machine has none, or none that we may read. Never throws.
 */
export function officialSignatures(folder = OFFICIAL): string | undefined {
  try {
    return readdirSync(folder).some((name) => DATABASE.test(name)) ? folder : undefined;
  } catch {
    return undefined;
  }
}

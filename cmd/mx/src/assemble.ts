import { tmpdir } from 'node:os';
import {
  matchClient,
  openAntispam,
  openAntivirus,
  openArchives,
  openDelivery,
  openDirectory,
  openDns,
  openDnsbl,
  openState,
  policySettings,
  StartProblem,
} from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Delivery } from '@vratny/delivery';
import { type Directory, DirectoryFault, type UsageChange } from '@vratny/directory';
import type { ListHealth } from '@vratny/dns';
import { hostId } from '@vratny/hosts';
import type { Event, Journal } from '@vratny/journal';
import { antispam, antivirus, asks, dnsbl as dnsblFact, loadLibraries, type Policy, policyOf } from '@vratny/policy';
import type { MxServerOptions } from '@vratny/receiving';
import type { ServerLimits, Suspects, TlsSettings } from '@vratny/server';
import { type Address, type DomainName, parseAddress } from '@vratny/smtp';
import type { Counters } from '@vratny/state';
import { createRoom } from './descriptors.ts';
import type { Flags } from './flags.ts';
import { askForLooks } from './letter-looks.ts';
import type { ScannerName } from './messages.ts';
import { launchOf } from './self.ts';
import { admitByShare, budgetByShare } from './shares/share-adapters.ts';
import type { WorkerShare } from './shares/worker-share.ts';
import { gatherUsage } from './usage.ts';
import { deathsOnAllHosts } from './watch/deaths.ts';

/** Everything a worker serves with, and how to put it away. */
interface Assembly {
  readonly options: MxServerOptions;
  /** That the policy asks. */
  readonly scanners: readonly ScannerName[];
  close(): Promise<void>;
}

/** What a worker has besides its site. */
interface WorkerParts extends Pick<MxServerOptions, 'activity'> {
  readonly flags: Flags;
  readonly journal: Journal;
  readonly tls: TlsSettings | undefined;
  /** Of the host's limits. */
  readonly share: WorkerShare;
  /** How many workers died of a message, as far as this host knows. */
  readonly deathsOf: (sha256: string) => number;
  /** A message is no suspect any more. */
  readonly onCleared: (sha256: string) => void;
  /** What was stored, for whoever writes it down. */
  readonly tellUsage: (changes: readonly UsageChange[]) => void;
  /** Somebody should look at the DNS of this domain. */
  readonly askForLook: (domain: DomainName) => void;
}

/** Site and flags -> adapters -> plain options. Nothing below knows that a site file exists. @throws StartProblem, DirectoryFault */
export async function assemble(site: Site, worker: WorkerParts): Promise<Assembly> {
  const { flags, journal, share, activity, tls, tellUsage, askForLook } = worker;
  const policy = policyOf(flags.host);
  if (!policy) throw new StartProblem(`host ${hostId(flags.host)} judges no mail`);
  const now = () => new Date();
  await loadLibraries(policy);
  const settings = policySettings(site, flags.host);
  const postmaster = postmasterOf(site);
  const parts = await openParts(site, { policy, hostName: settings.hostName, journal, workers: flags.workers, tellUsage });
  const { secondaryOf } = settings;
  const directory = askForLooks(parts.ports.directory, { host: flags.host, secondaryOf, ask: askForLook });
  const options: MxServerOptions = {
    ports: { ...parts.ports, directory },
    delivery: parts.delivery,
    usage: parts.usage,
    greylist: parts.greylist,
    ledger: parts.ledger,
    lease: parts.lease,
    host: flags.host,
    policy,
    settings,
    limits: limitsOf(site),
    journal,
    inFlight: budgetByShare(share),
    admission: admitByShare(share),
    ...(activity ? { activity } : {}),
    suspects: suspectsOf(worker, parts.counters),
    hasRoom: createRoom((detail) => journal.record({ kind: 'fault', where: 'descriptors', detail })),
    spoolDirectory: site.spool ?? tmpdir(),
    postmaster,
    tls,
    panelUrl: site.panel?.url,
    proxies: matchClient(site.proxy.networks),
    now,
    monotonicMs: () => performance.now(),
  };
  const close = async () => {
    await parts.close();
    await journal.close();
  };
  return { options, scanners: askedScanners(policy), close };
}

/** The scanners that a policy asks. */
export function askedScanners(policy: Policy): readonly ScannerName[] {
  return [...(asks(policy, antivirus) ? (['antivirus'] as const) : []), ...(asks(policy, antispam) ? (['antispam'] as const) : [])];
}

function suspectsOf({ deathsOf, onCleared }: WorkerParts, counters: Pick<Counters, 'count'>): Suspects {
  return {
    deaths(sha256) {
      const here = deathsOf(sha256);
      return here === 0 ? 0 : deathsOnAllHosts(counters, sha256, here);
    },
    cleared: onCleared,
  };
}

function limitsOf({ limits }: Site): ServerLimits {
  return {
    messageMaxBytes: limits.message,
    recipientsMax: limits.recipients,
    connectionsMax: limits.connections,
    connectionsPerIpMax: limits.connectionsPerIp,
    failedRecipientsMax: limits.failedRecipients,
  };
}

function postmasterOf({ postmaster }: Site): Address {
  const address = parseAddress(postmaster, { utf8: true });
  if (typeof address === 'string') throw new StartProblem(`postmaster: ${postmaster} is no mail address`);
  return address;
}

/** Everything that a worker asks and tells. */
interface Parts extends Pick<MxServerOptions, 'ports' | 'delivery' | 'usage' | 'ledger' | 'lease'> {
  readonly greylist: NonNullable<MxServerOptions['greylist']>;
  readonly counters: Counters;
  close(): Promise<void>;
}

/** What the parts need to know of their worker. */
interface PartsOptions {
  readonly policy: Policy;
  readonly hostName: string;
  readonly journal: Journal;
  /** Workers of this host. */
  readonly workers: number;
  readonly tellUsage: (changes: readonly UsageChange[]) => void;
}

/** Opens the adapters that the site file chooses; what was open is closed again when one cannot be. @throws StartProblem, DirectoryFault */
async function openParts(site: Site, { policy, hostName, journal, workers, tellUsage }: PartsOptions): Promise<Parts> {
  const now = () => new Date();
  const fault = (where: string) => (detail: string) => journal.record({ kind: 'fault', where, detail });
  await using stack = new AsyncDisposableStack();
  const keep = <T extends { close(): Promise<void> | void }>(part: T): T => stack.adopt(part, (one) => one.close());
  // A directory that is missing is never made here: nobody is known until it is there, and nobody unknown.
  const admits: Delivery['admits'] = (...question) => delivery.admits(...question);
  const directory = keep(
    await openDirectory(site, { whenMissing: 'wait', onTrouble: fault('directory'), delivery: { admits }, processes: workers }),
  );
  const stores = await listStores(directory, fault('directory'));
  const delivery = keep(await openDelivery(site, { hostName, now, stores, processes: workers }));
  const usage = keep(gatherUsage(site, stores, { tell: tellUsage, onFault: fault('register') }));
  const state = keep(await openState(site, fault('state')));
  const reader = launchOf('archive-reader', site.spool ?? tmpdir());
  const archives = keep(await openArchives(process.execPath, reader, fault('archive')));
  const antivirus = keep(await openAntivirus(site));
  const antispam = keep(await openAntispam(site));
  const dns = await openDns(site);
  // Only hosts that ask the lists test them.
  const lists = asks(policy, dnsblFact) ? site : { dnsbl: { zones: [] } };
  const dnsbl = keep(await openDnsbl(lists, dns, { now, onChange: (health) => journal.record(listEvent(health)) }));
  const { greylist, counters, ledger, lease } = state;
  const owned = stack.move();
  return {
    ports: { dns, dnsbl, directory, delivery, greylist, counters, archives, antivirus, antispam, clock: now },
    delivery,
    usage,
    greylist,
    counters,
    ledger,
    lease,
    close: () => owned.disposeAsync(),
  };
}

/** The stores that mailboxes name; none, and an alarm, while there is no directory. */
async function listStores(directory: Directory, alarm: (detail: string) => void): Promise<readonly string[]> {
  try {
    return await directory.listStores();
  } catch (error) {
    if (!(error instanceof DirectoryFault)) throw error;
    alarm(`every recipient is delayed: ${error.message}`);
    return [];
  }
}

/** A blacklist that was muted is an alarm; one that came back is good news. */
function listEvent({ zone, state, detail }: ListHealth): Event {
  if (state === 'well') return { kind: 'process', what: 'list-well', detail: zone };
  return { kind: 'fault', where: 'dnsbl', detail: `${zone} is muted: ${detail ?? 'its test failed'}` };
}

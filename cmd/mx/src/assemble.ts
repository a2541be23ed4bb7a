import { tmpdir } from 'node:os';
import { matchClient, policySettings, StartProblem } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { hostId } from '@vratny/hosts';
import type { Journal } from '@vratny/journal';
import { policyOf } from '@vratny/policy';
import type { MxServerOptions } from '@vratny/receiving';
import type { ServerLimits, Suspects, TlsSettings } from '@vratny/server';
import { type Address, parseAddress } from '@vratny/smtp';
import type { Counters } from '@vratny/state';
import { createRoom } from './descriptors.ts';
import type { Flags } from './flags.ts';
import { openParts } from './open-parts.ts';
import { admitByShare, budgetByShare } from './shares/share-adapters.ts';
import type { WorkerShare } from './shares/worker-share.ts';
import { deathsOnAllHosts } from './watch/deaths.ts';

/** Everything a worker serves with, and how to put it away. */
export interface Assembly {
  readonly options: MxServerOptions;
  close(): Promise<void>;
}

/** What a worker has besides its site. */
export interface WorkerParts extends Pick<MxServerOptions, 'activity'> {
  readonly flags: Flags;
  readonly journal: Journal;
  readonly tls: TlsSettings | undefined;
  /** Of the host's limits. */
  readonly share: WorkerShare;
  /** How many workers died of a message, as far as this host knows. */
  readonly deathsOf: (sha256: string) => number;
  /** A message is no suspect any more. */
  readonly onCleared: (sha256: string) => void;
}

/** Site and flags -> adapters -> plain options. Nothing below knows that a site file exists. @throws StartProblem, DirectoryFault */
export async function assemble(site: Site, worker: WorkerParts): Promise<Assembly> {
  const { flags, journal, share, activity, tls } = worker;
  const policy = policyOf(flags.host);
  if (!policy) throw new StartProblem(`host ${hostId(flags.host)} judges no mail`);
  const now = () => new Date();
  const settings = policySettings(site, flags.host);
  const postmaster = postmasterOf(site);
  const parts = await openParts(site, { policy, hostName: settings.hostName, journal, workers: flags.workers });
  const options: MxServerOptions = {
    ports: parts.ports,
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
  return { options, close };
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

import { journalAtLevel, matchClient, openJournal } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { hostId, mxName } from '@vratny/hosts';
import { foldFaults } from '@vratny/journal/fold-faults';
import { listenTarpit, type RunningServer, type TarpitOptions } from '@vratny/server';
import { createRoom, descriptorsMax, tooFewDescriptors } from './descriptors.ts';
import type { Flags, ListenAddress } from './flags.ts';
import { FAULTS_COUNTED_MS } from './limits.ts';
import { onSignal } from './signals.ts';
import { readSiteText, readValidSite } from './site-text.ts';
import { formatAddress, listenProblem } from './sockets.ts';
import { type TlsHandout, TlsKeeper, tlsSettings } from './tls-keeper.ts';

/**
 * Secondary c: says "later" to everybody. One process without workers, directory, DNS or state, since it has nothing to find out. Resolves with the
 * exit code. @throws StartProblem
 */
export async function runTarpit(flags: Flags): Promise<number> {
  const site = readSiteText(readValidSite(flags.config, { directoryMayBeMissing: true }));
  const lines = openJournal({ stream: process.stderr, now: () => new Date() });
  const journal = foldFaults(journalAtLevel(lines, site), FAULTS_COUNTED_MS);
  const servers: RunningServer[] = [];
  const tls: TlsKeeper = new TlsKeeper(site, journal, () => {
    for (const server of servers) if (tls.handout !== undefined) server.renewTls(tlsSettings(tls.handout));
  });
  const options: TarpitOptions = {
    host: flags.host,
    hostName: mxName(flags.host, site.cluster),
    speech: speechOf(site, tls.handout),
    journal,
    monotonicMs: () => performance.now(),
    delayMs: site.tarpit.delay,
    proxies: matchClient(site.proxy.networks),
    connectionsMax: site.limits.connections,
    connectionsPerIpMax: site.limits.connectionsPerIp,
    counts: { total: 0, perIp: new Map() },
    hasRoom: createRoom((detail) => journal.record({ kind: 'fault', where: 'descriptors', detail })),
  };
  servers.push(...(await listenEverywhere(options, flags.listen)));
  journal.record({ kind: 'process', what: 'started', detail: `${hostId(flags.host)}, the tarpit` });
  const max = descriptorsMax();
  const few = max === undefined ? undefined : tooFewDescriptors(site, max);
  if (few !== undefined) journal.record({ kind: 'fault', where: 'limits', detail: few });
  for (const server of servers) process.stdout.write(`listening on ${formatAddress(server.address)}\n`);
  const signal = await new Promise<string>((end) => {
    onSignal((request, name) => {
      if (request === 'end') end(name);
      else journal.record({ kind: 'process', what: 'reloaded', detail: 'the tarpit reads its site file at start only: restart it' });
    });
  });
  journal.record({ kind: 'process', what: 'draining', detail: signal });
  await Promise.all(servers.map((server) => server.drain()));
  journal.record({ kind: 'process', what: 'stopped', detail: signal });
  await journal.close();
  return 0;
}

async function listenEverywhere(options: TarpitOptions, listen: readonly ListenAddress[]): Promise<readonly RunningServer[]> {
  const servers: RunningServer[] = [];
  for (const at of listen) {
    try {
      servers.push(await listenTarpit(options, at));
    } catch (error) {
      const problem = error instanceof Error ? listenProblem(at, error) : error;
      if (problem === undefined) continue;
      await Promise.all(servers.map((server) => server.drain(0)));
      throw problem;
    }
  }
  return servers;
}

function speechOf(site: Site, tls: TlsHandout | undefined): TarpitOptions['speech'] {
  if (site.tarpit.speak === 'delays') return { kind: 'delays' };
  // What the site's other hosts offer, so that no sender finds something missing and gives up for it.
  const offer = { messageMaxBytes: site.limits.message, recipientsMax: site.limits.recipients, smtpUtf8: site.delivery.kind === 'maildir' };
  return { kind: 'mail', offer, tls: tls === undefined ? undefined : tlsSettings(tls) };
}

import type { AddressInfo, Server } from 'node:net';
import { journalAtLevel, matchClient, openJournal, type Systemd } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { hostId, mxName } from '@vratny/hosts';
import type { Journal } from '@vratny/journal';
import { foldFaults } from '@vratny/journal/fold-faults';
import { createTarpit, TARPIT_SOCKETS, type TarpitOptions } from '@vratny/receiving';
import type { SmtpServer } from '@vratny/server';
import { acceptClients } from './accept.ts';
import { createRoom, descriptorsMax, tooFewDescriptors } from './descriptors.ts';
import type { Flags, ListenAddress } from './flags.ts';
import { BACKLOG, FAULTS_COUNTED_MS } from './limits.ts';
import { onSignal } from './signals.ts';
import { readSiteText, readValidSite } from './site-text.ts';
import { formatAddress, listenProblem, notATcpSocket } from './sockets.ts';
import { type TlsHandout, TlsKeeper, tlsSettings } from './tls-keeper.ts';

/**
 * Secondary c: says "later" to everybody. One process without workers, directory, DNS or state, since it has nothing to find out. Resolves with the
 * exit code. @throws StartProblem
 */
export async function runTarpit(flags: Flags, systemd: Systemd): Promise<number> {
  const site = readSiteText(readValidSite(flags.config, { directoryMayBeMissing: true }));
  const lines = openJournal({ stream: process.stderr, now: () => new Date() });
  const journal = foldFaults(journalAtLevel(lines, site), FAULTS_COUNTED_MS);
  const tls: TlsKeeper = new TlsKeeper(site, journal, () => {
    if (tls.handout !== undefined) tarpit.renewCertificate(tlsSettings(tls.handout));
  });
  const options: TarpitOptions = {
    host: flags.host,
    hostName: mxName(flags.host, site.cluster),
    replies: repliesOf(site, tls.handout),
    journal,
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    delayMs: site.tarpit.delay,
    proxies: matchClient(site.proxy.networks),
    connectionsMax: site.limits.connections,
    connectionsPerIpMax: site.limits.connectionsPerIp,
    hasRoom: createRoom((detail) => journal.record({ kind: 'fault', where: 'descriptors', detail })),
  };
  const tarpit = createTarpit(options);
  const sockets =
    flags.sockets.length > 0 ? await acceptOn(flags.sockets, tarpit, journal) : await acceptEverywhere(flags.listen, tarpit, journal);
  journal.record({ kind: 'process', what: 'started', detail: `${hostId(flags.host)}, the tarpit` });
  const max = descriptorsMax();
  const few = max === undefined ? undefined : tooFewDescriptors(site, max);
  if (few !== undefined) journal.record({ kind: 'fault', where: 'limits', detail: few });
  for (const socket of sockets) process.stdout.write(`listening on ${formatAddress(addressOf(socket))}\n`);
  systemd.ready(`serves as ${hostId(flags.host)}, the tarpit`);
  const signal = await new Promise<string>((end) => {
    onSignal((request, name) => {
      if (request === 'end') end(name);
      else journal.record({ kind: 'process', what: 'reloaded', detail: 'the tarpit reads its site file at start only: restart it' });
    });
  });
  systemd.stopping();
  journal.record({ kind: 'process', what: 'draining', detail: signal });
  for (const socket of sockets) socket.close();
  await tarpit.drain();
  journal.record({ kind: 'process', what: 'stopped', detail: signal });
  await journal.close();
  return 0;
}

/** Sockets that systemd handed over. @throws StartProblem */
async function acceptOn(descriptors: readonly number[], tarpit: SmtpServer, journal: Journal): Promise<readonly Server[]> {
  return Promise.all(
    descriptors.map(async (fd) => {
      const listening = { fd, backlog: BACKLOG };
      try {
        return await acceptClients(listening, tarpit, TARPIT_SOCKETS, journal);
      } catch (error) {
        throw notATcpSocket(fd, error);
      }
    }),
  );
}

async function acceptEverywhere(listen: readonly ListenAddress[], tarpit: SmtpServer, journal: Journal): Promise<readonly Server[]> {
  const sockets: Server[] = [];
  for (const at of listen) {
    const { host, port } = at;
    try {
      // Without ipv6Only, `::` would take the IPv4 port as well, and 0.0.0.0 beside it could not be had.
      const listening = { host, port, backlog: BACKLOG, ipv6Only: host.includes(':') };
      sockets.push(await acceptClients(listening, tarpit, TARPIT_SOCKETS, journal));
    } catch (error) {
      const problem = error instanceof Error ? listenProblem(at, error) : error;
      if (problem === undefined) continue;
      for (const socket of sockets) socket.close();
      throw problem;
    }
  }
  return sockets;
}

function addressOf(socket: Server): ListenAddress {
  const { address: host, port } = socket.address() as AddressInfo;
  return { host, port };
}

function repliesOf(site: Site, tls: TlsHandout | undefined): TarpitOptions['replies'] {
  if (site.tarpit.speak === 'delays') return { kind: 'delays' };
  // What the site's other hosts offer, so that no sender finds something missing and gives up for it.
  const offer = { messageMaxBytes: site.limits.message, recipientsMax: site.limits.recipients, smtpUtf8: site.delivery.kind === 'maildir' };
  return { kind: 'mail', offer, tls: tls === undefined ? undefined : tlsSettings(tls) };
}

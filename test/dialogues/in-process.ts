import { readFileSync } from 'node:fs';
import { createMemoryArchives } from '@vratny/archive/memory';
import { createMaildir } from '@vratny/delivery/maildir';
import { createMemoryDirectory } from '@vratny/directory/memory';
import type { Dns, Dnsbl } from '@vratny/dns';
import { createMemoryDns } from '@vratny/dns/memory';
import { createZoneFileDns, parseZoneFile } from '@vratny/dns/zone-file';
import { DEFAULT_SECONDARY_OF, mxName, parseHostId } from '@vratny/hosts';
import { createMemoryJournal } from '@vratny/journal/memory';
import { createByteBudget } from '@vratny/message';
import { type Ports, policyOf } from '@vratny/policy';
import { createMxServer, type MxServerOptions } from '@vratny/receiving';
import { listen } from '@vratny/server/testing';
import { parseAddress, type ReversePath } from '@vratny/smtp';
import { createMemoryState } from '@vratny/state/memory';
import { writeCertificate } from '@vratny/support/certificate';
import type { Served } from '@vratny/support/dialogue/transport';
import { CLUSTER } from '@vratny/support/site';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { seedWorld, UNKNOWABLE_DOMAIN, WORLD_LIMITS, ZONE } from '@vratny/support/world';
import { serveWorld } from './served.ts';

const MIB = 1024 * 1024;
const NO_SCANNERS: Pick<Ports, 'antivirus' | 'antispam'> = {
  antivirus: { scan: async () => ({ kind: 'clean' }) },
  antispam: { judge: async () => ({ kind: 'not-scanned', reason: 'no scanner here' }) },
};
const GREYLIST = { delayMs: 300_000, windowMs: 86_400_000, ipv4Prefix: 32, ipv6Prefix: 64, exempts: isCzech };
function isCzech(sender: ReversePath): boolean {
  return sender?.domain.endsWith('.cz') ?? false;
}
const NO_LISTS: Pick<Dnsbl, 'ask'> = { ask: async () => ({ listings: [], skipped: [] }) };

/** A host of the world inside this process: no workers, no site file, the directory in memory; mail still becomes files. */
export async function openInProcess(host: string): Promise<Served> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(makeTemporaryFolder('dialogue'));
  const now = () => new Date();
  const directory = createMemoryDirectory({ now });
  await seedWorld(directory, now());
  const mailFolder = `${folder.path}/mail`;
  const identity = identityOf(host);
  const tls = await writeCertificate(folder.path, identity.settings.hostName);
  const archives = stack.adopt(createMemoryArchives(), (one) => one.close());
  const state = stack.adopt(createMemoryState(), (one) => one.close());
  const delivery = createMaildir({ root: mailFolder, hostName: identity.settings.hostName, now });
  const options: MxServerOptions = {
    ...identity,
    ports: {
      dns: worldDns(),
      dnsbl: NO_LISTS,
      directory,
      delivery,
      greylist: state.greylist,
      counters: state.counters,
      archives,
      ...NO_SCANNERS,
      clock: now,
    },
    greylist: state.greylist,
    ledger: state.ledger,
    lease: state.lease,
    delivery,
    usage: directory,
    journal: createMemoryJournal(),
    inFlight: createByteBudget(64 * MIB),
    spoolDirectory: folder.path,
    tls: { certificates: [{ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }] },
    panelUrl: undefined,
    now,
    monotonicMs: () => performance.now(),
  };
  const server = stack.adopt(await listen(createMxServer(options), { host: '127.0.0.1', port: 0 }), (one) => one.drain(0));
  const transport = await serveWorld({ host, port: server.address.port, mailFolder, register: directory });
  const owned = stack.move();
  return { ...transport, close: () => owned.disposeAsync() };
}

function identityOf(id: string): Pick<MxServerOptions, 'host' | 'policy' | 'settings' | 'limits' | 'postmaster'> {
  const host = parseHostId(id);
  const policy = host === undefined ? undefined : policyOf(host);
  const postmaster = parseAddress(`postmaster@${CLUSTER.domain}`, { utf8: false });
  if (host === undefined || policy === undefined || typeof postmaster === 'string') throw new Error(`there is no host ${id}`);
  const { recipients: recipientsMax, failedRecipients: failedRecipientsMax } = WORLD_LIMITS;
  return {
    host,
    policy,
    settings: {
      hostName: mxName(host, CLUSTER),
      cluster: CLUSTER,
      secondaryOf: DEFAULT_SECONDARY_OF,
      messageMaxBytes: MIB,
      trusts: () => false,
      greylist: GREYLIST,
      antispam: { refuseScore: 15, markScore: 6, onFault: 'delay' },
      attachments: { encryptedArchives: 'pass', unreadableArchives: 'refuse' },
    },
    limits: { messageMaxBytes: MIB, recipientsMax, failedRecipientsMax, connectionsMax: 100, connectionsPerIpMax: 100 },
    postmaster,
  };
}

function worldDns(): Dns {
  const parsed = parseZoneFile(ZONE);
  if (!parsed.ok) throw new Error(`the world's zone: ${parsed.error}`);
  return createZoneFileDns(parsed.zone, createMemoryDns({ [UNKNOWABLE_DOMAIN]: 'servfail' }));
}

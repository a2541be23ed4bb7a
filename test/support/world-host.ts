import { openSqliteRegister } from '@vratny/directory/sqlite';
import { type CertificateFiles, writeCertificate } from './certificate.ts';
import { type Clamd, startClamd } from './clamd.ts';
import { startServfailDns } from './dns-stub.ts';
import { readMaildir } from './maildir.ts';
import { type MxOptions, type RunningMx, startMx } from './mx.ts';
import { CLUSTER, type SiteOptions, type WrittenSite, writeSite } from './site.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';
import { seedWorld, WORLD_LIMITS, ZONE } from './world.ts';

/** A site in the world of the dialogues, with its directory filled, and no host running yet. */
export interface WorldSite extends WrittenSite, AsyncDisposable {
  readonly folder: string;
  readonly tls: CertificateFiles;
  /** Messages in a mailbox, oldest first, as octets in latin1. */
  stored(mailbox: string): readonly string[];
}

/** What may differ from the world's site. */
export type WorldSiteOptions = Partial<Pick<SiteOptions, 'zone' | 'tls' | 'extra' | 'mailFolder' | 'limits'>>;

/** Writes such a site; disposing it takes everything away. */
export async function makeWorldSite(options: WorldSiteOptions = {}): Promise<WorldSite> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(makeTemporaryFolder('site'));
  const dns = stack.adopt(await startServfailDns(), (stub) => stub.close());
  const tls = await writeCertificate(folder.path, `${CLUSTER.name}d10.${CLUSTER.domain}`);
  const site = writeSite({ folder: folder.path, zone: ZONE, dnsServers: [dns.address], tls, limits: WORLD_LIMITS, ...options });
  const now = () => new Date();
  const register = await openSqliteRegister({ path: site.directoryFile, now });
  try {
    await seedWorld(register, now());
  } finally {
    await register.close();
  }
  const owned = stack.move();
  return {
    ...site,
    folder: folder.path,
    tls,
    stored: (mailbox) => readMaildir(site.mailFolder, mailbox),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A running host of such a site. */
export interface WorldHost extends AsyncDisposable {
  readonly site: WorldSite;
  readonly mx: RunningMx;
}

/** Starts the real program as a host of the world: d10 unless told. */
export async function startWorldHost(
  options: { readonly host?: string; readonly site?: WorldSiteOptions } & Pick<MxOptions, 'workers' | 'environment'> = {},
): Promise<WorldHost> {
  const { host = 'd10', workers = 1, environment = {} } = options;
  await using stack = new AsyncDisposableStack();
  const scans = /^[bcd](?:10|20)$/u.test(host) && host !== 'c20';
  const antivirus = scans ? { antivirus: { clamd: [addressOf(stack.use(await startClamd()))] } } : {};
  const site = stack.use(await makeWorldSite({ ...options.site, extra: { ...antivirus, ...options.site?.extra } }));
  const mx = stack.adopt(await startMx({ siteFile: site.siteFile, host, workers, environment }), async (one) => void (await one.stop()));
  const owned = stack.move();
  return { site, mx, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function addressOf({ tcp }: Clamd): string {
  return tcp.kind === 'tcp' ? `tcp://${tcp.host}:${tcp.port}` : `unix:${tcp.path}`;
}

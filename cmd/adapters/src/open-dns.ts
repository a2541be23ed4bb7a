import { formatEndpoint, type Site } from '@vratny/config';
import type { Dns, Dnsbl, ListHealth } from '@vratny/dns';
import { createZoneFileDns } from '@vratny/dns/zone-file';
import { readZone } from './read-named-file.ts';

/** The site's DNS, behind a cache. */
interface SiteDns extends Dns {
  /** The same servers and zone file without the cache, for what must hear the state of this moment. */
  readonly direct: Dns;
}

/** Look-ups in real DNS behind a cache, with the zone file in front when the site has one. @throws StartProblem */
export async function openDns(site: Pick<Site, 'dns'>): Promise<SiteDns> {
  const [{ createCachedDns }, { createSystemDns }] = await Promise.all([import('@vratny/dns/cached'), import('@vratny/dns/system')]);
  const now = (): number => performance.now();
  const real = createSystemDns({ servers: site.dns.servers.map(formatEndpoint), now });
  const zone = readZone(site);
  const behindZone = (dns: Dns): Dns => (zone === undefined ? dns : createZoneFileDns(zone, dns));
  const cached = behindZone(createCachedDns(real, { now }));
  return { lookup: (name, type, options) => cached.lookup(name, type, options), direct: behindZone(real) };
}

/**
 * The site's DNS blacklists, each under its regular test. `onChange` hears of lists that are muted and that come back.
 */
export async function openDnsbl(
  site: Pick<Site, 'dnsbl'>,
  { direct }: Pick<SiteDns, 'direct'>,
  options: { now: () => Date; onChange?: (health: ListHealth) => void },
): Promise<Dnsbl> {
  const { createDnsbl } = await import('@vratny/dns/dnsbl');
  return createDnsbl({ dns: direct, zones: site.dnsbl.zones, ...options });
}

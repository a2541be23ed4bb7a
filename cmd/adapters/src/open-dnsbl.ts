import type { Site } from '@vratny/config';
import type { Dnsbl, ListHealth } from '@vratny/dns';
import { createDnsbl } from '@vratny/dns/dnsbl';
import type { SiteDns } from './open-dns.ts';

/** The site's DNS blacklists, each under its regular test. `onChange` hears of lists that are muted and that come back. */
export function openDnsbl(
  site: Pick<Site, 'dnsbl'>,
  { direct }: Pick<SiteDns, 'direct'>,
  options: { now: () => Date; onChange?: (health: ListHealth) => void },
): Dnsbl {
  return createDnsbl({ dns: direct, zones: site.dnsbl.zones, ...options });
}

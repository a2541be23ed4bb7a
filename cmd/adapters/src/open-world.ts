import { getServers } from 'node:dns';
import { formatEndpoint, type Site } from '@vratny/config';
import type { Dns } from '@vratny/dns';
import { createZoneFileDns } from '@vratny/dns/zone-file';
import type { Resolver, World } from '@vratny/domains';
import { RESOLVERS_ASKED_MAX } from './limits.ts';

import { matchClient } from './policy-settings.ts';
import { readZone } from './read-named-file.ts';

/**
 * Whom to ask what the world's DNS says: name servers themselves, and the first two resolvers of the site (else of the machine), each for itself and without
 * a cache. Name servers at private addresses are asked only within `networks.own`. @throws StartProblem
 */
export async function openWorld(site: Pick<Site, 'dns' | 'networks'>): Promise<World> {
  const [{ createAuthoritativeDns }, { createSystemDns }] = await Promise.all([
    import('@vratny/dns/authoritative'),
    import('@vratny/dns/system'),
  ]);
  const zone = readZone(site);
  const behindZone = (dns: Dns): Dns => (zone === undefined ? dns : createZoneFileDns(zone, dns));
  const servers = site.dns.servers.length > 0 ? site.dns.servers.map(formatEndpoint) : getServers();
  const resolvers = servers.slice(0, RESOLVERS_ASKED_MAX).map(
    (server): Resolver => ({
      label: server.replace(/:53$/u, ''),
      dns: behindZone(createSystemDns({ servers: [server] })),
      unchecked: behindZone(createSystemDns({ servers: [server], unchecked: true })),
    }),
  );
  return {
    authoritative: createAuthoritativeDns({ allows: matchClient(site.networks.own) }),
    dns: behindZone(createSystemDns({ servers: site.dns.servers.map(formatEndpoint) })),
    resolvers,
  };
}

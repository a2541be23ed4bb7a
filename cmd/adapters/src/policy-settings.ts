import { isIPv6 } from 'node:net';
import { type Site, toBlockList } from '@vratny/config';
import { type Host, mxName } from '@vratny/hosts';
import type { PolicySettings } from '@vratny/policy';

/** What a policy on this host needs to know of the site. */
export function policySettings(site: Site, host: Host): PolicySettings {
  const trusted = toBlockList([...site.networks.own, ...site.networks.trustedForwarders]);
  return {
    hostName: mxName(host, site.cluster),
    cluster: site.cluster,
    secondaryOf: site.secondaryOf,
    messageMaxBytes: site.limits.message,
    trusts: (ip) => trusted.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4'),
  };
}

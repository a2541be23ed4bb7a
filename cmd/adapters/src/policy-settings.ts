import { isIPv6 } from 'node:net';
import { type Network, type Site, toBlockList } from '@vratny/config';
import { type Host, mxName } from '@vratny/hosts';
import type { GreylistSettings, PolicySettings } from '@vratny/policy';
import { formatAddress, type ReversePath } from '@vratny/smtp';

/** What a policy on this host needs to know of the site. */
export function policySettings(site: Site, host: Host): PolicySettings {
  return {
    hostName: mxName(host, site.cluster),
    cluster: site.cluster,
    secondaryOf: site.secondaryOf,
    messageMaxBytes: site.limits.message,
    trusts: matchClient([...site.networks.own, ...site.networks.trustedForwarders]),
    greylist: greylistSettings(site),
    antispam: site.antispam,
    attachments: site.attachments,
  };
}

function greylistSettings({ greylist }: Site): GreylistSettings {
  const { delay, window, ipv4Prefix, ipv6Prefix, pools, senders, exempt } = greylist;
  const exemptClient = matchClient(exempt.networks);
  const exempts = (sender: ReversePath, ip: string) => exemptClient(ip) || exempt.senders.some((pattern) => matchSender(pattern, sender));
  return { delayMs: delay, windowMs: window, ipv4Prefix, ipv6Prefix, pools, senders, exempts };
}

/** True for addresses within these networks. */
export function matchClient(networks: readonly Network[]): (ip: string) => boolean {
  // Most sites name none, and each client is asked about.
  if (networks.length === 0) return () => false;
  const list = toBlockList(networks);
  return (ip) => list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}

/** `.cz`: every domain that ends so; `example.org`: that domain; `someone@example.org`: that address. */
function matchSender(pattern: string, sender: ReversePath): boolean {
  if (sender === null) return false;
  if (pattern.startsWith('.')) return sender.domain.endsWith(pattern);
  return pattern.includes('@') ? formatAddress(sender).toLowerCase() === pattern : sender.domain === pattern;
}

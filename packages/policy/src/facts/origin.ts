import ipaddr from 'ipaddr.js';
import { asks } from '../model/judge.ts';
import type { Policy } from '../model/policy.ts';
import type { GreylistSettings } from '../model/stage.ts';
import type { Found, Visit } from '../model/visit.ts';
import { type Spf, spf } from './spf.ts';

/**
 * The origin of a message, as far as it is proven: the domain whose SPF record names the client (large senders retry
 * from other addresses of theirs), else the client's network. Two messages with the same origin may be two attempts at
 * one; a forger elsewhere has another origin.
 *
 * SPF is awaited where the policy uses it, because the result must not depend on how fast DNS answers.
 */
export function findOrigin(policy: Policy, visit: Visit<'mail'> | Visit<'message'>): string | Promise<string> {
  const network = () => `network ${networkOf(visit.context.client.ip, visit.context.settings.greylist)}`;
  if (!asks(policy, spf)) return network();
  const originOf = (found: Found<Spf>): string =>
    found.known && found.value.result === 'pass' ? `domain ${found.value.domain.toLowerCase()}` : network();
  const found = visit.find(spf);
  return found instanceof Promise ? found.then(originOf) : originOf(found);
}

/** The client's network by the site's prefix lengths: its first address and the prefix length. */
export function networkOf(ip: string, { ipv4Prefix, ipv6Prefix }: Pick<GreylistSettings, 'ipv4Prefix' | 'ipv6Prefix'>): string {
  const family = ipaddr.process(ip).kind();
  const prefix = family === 'ipv6' ? ipv6Prefix : ipv4Prefix;
  const network =
    family === 'ipv6' ? ipaddr.IPv6.networkAddressFromCIDR(`${ip}/${prefix}`) : ipaddr.IPv4.networkAddressFromCIDR(`${ip}/${prefix}`);
  return `${network.toString()}/${prefix}`;
}

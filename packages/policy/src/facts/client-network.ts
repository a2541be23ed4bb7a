import ipaddr from 'ipaddr.js';
import type { GreylistSettings } from '../model/stage.ts';

/** The client's network, by the site's prefix lengths: its first address and its prefix length. */
export function networkOf(ip: string, { ipv4Prefix, ipv6Prefix }: Pick<GreylistSettings, 'ipv4Prefix' | 'ipv6Prefix'>): string {
  const family = ipaddr.process(ip).kind();
  const prefix = family === 'ipv6' ? ipv6Prefix : ipv4Prefix;
  const network =
    family === 'ipv6' ? ipaddr.IPv6.networkAddressFromCIDR(`${ip}/${prefix}`) : ipaddr.IPv4.networkAddressFromCIDR(`${ip}/${prefix}`);
  return `${network.toString()}/${prefix}`;
}

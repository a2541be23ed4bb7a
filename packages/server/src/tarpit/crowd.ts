import type { Delay } from '@vratny/smtp';
import { CONNECTIONS_MAX, CONNECTIONS_PER_IP_MAX } from './limits.ts';
import type { TarpitOptions } from './options.ts';
import { CROWDED, FULL } from './replies.ts';
import type { Visitor } from './visitor.ts';

/** Who is there, and how many of each address; health checks of proxies are visitors, and not counted. */
export interface Crowd {
  readonly visitors: ReadonlySet<Visitor>;
  readonly clients: { readonly total: number; readonly perIp: ReadonlyMap<string, number> };
  /** Why one more of this address is not taken; undefined when it is. */
  refusal(visitor: Visitor): Delay | undefined;
  add(visitor: Visitor): void;
  remove(visitor: Visitor): void;
}

/** Nobody yet. */
export function createCrowd(options: TarpitOptions): Crowd {
  const { connectionsMax = CONNECTIONS_MAX, connectionsPerIpMax = CONNECTIONS_PER_IP_MAX } = options;
  const visitors = new Set<Visitor>();
  const { counts = { total: 0, perIp: new Map<string, number>() } } = options;
  const { perIp } = counts;
  let healthChecks = 0;
  return {
    visitors,
    get clients() {
      return { total: visitors.size - healthChecks, perIp };
    },
    refusal: ({ ip, healthCheck }) => {
      if (counts.total >= connectionsMax) return FULL;
      return !healthCheck && (perIp.get(ip) ?? 0) >= connectionsPerIpMax ? CROWDED : undefined;
    },
    add: (visitor) => {
      visitors.add(visitor);
      counts.total += 1;
      if (visitor.healthCheck) healthChecks += 1;
      else perIp.set(visitor.ip, (perIp.get(visitor.ip) ?? 0) + 1);
    },
    remove: (visitor) => {
      if (!visitors.delete(visitor)) return;
      counts.total -= 1;
      const left = (perIp.get(visitor.ip) ?? 1) - 1;
      if (visitor.healthCheck) healthChecks -= 1;
      else if (left > 0) perIp.set(visitor.ip, left);
      else perIp.delete(visitor.ip);
    },
  };
}

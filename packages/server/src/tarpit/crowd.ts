import type { Delay } from '@vratny/smtp';
import { CONNECTIONS_MAX, CONNECTIONS_PER_IP_MAX } from './limits.ts';
import type { TarpitOptions } from './options.ts';
import { CROWDED, FULL } from './replies.ts';
import type { Visitor } from './visitor.ts';

/** Who is there, and how many of each address. */
export interface Crowd {
  readonly visitors: ReadonlySet<Visitor>;
  readonly clients: { readonly total: number; readonly perIp: ReadonlyMap<string, number> };
  /** Why one more of this address is not taken; undefined when it is. */
  refusal(ip: string): Delay | undefined;
  add(visitor: Visitor): void;
  remove(visitor: Visitor): void;
}

/** Nobody yet. */
export function createCrowd(options: TarpitOptions): Crowd {
  const { connectionsMax = CONNECTIONS_MAX, connectionsPerIpMax = CONNECTIONS_PER_IP_MAX } = options;
  const visitors = new Set<Visitor>();
  const perIp = new Map<string, number>();
  return {
    visitors,
    get clients() {
      return { total: visitors.size, perIp };
    },
    refusal: (ip) => {
      if (visitors.size >= connectionsMax) return FULL;
      return (perIp.get(ip) ?? 0) >= connectionsPerIpMax ? CROWDED : undefined;
    },
    add: (visitor) => {
      visitors.add(visitor);
      perIp.set(visitor.ip, (perIp.get(visitor.ip) ?? 0) + 1);
    },
    remove: (visitor) => {
      if (!visitors.delete(visitor)) return;
      const left = (perIp.get(visitor.ip) ?? 1) - 1;
      if (left > 0) perIp.set(visitor.ip, left);
      else perIp.delete(visitor.ip);
    },
  };
}

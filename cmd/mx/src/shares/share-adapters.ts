import type { Site } from '@vratny/config';
import type { ByteBudget } from '@vratny/message';
import type { Admission, Admitted } from '@vratny/server';
import type { WorkerShare } from './worker-share.ts';

/** Counts clients over all workers: first those of the address, then all. */
export function admitByShare(share: WorkerShare): Admission {
  const one = (ip: string, granted: boolean): Admitted => {
    if (granted) return 'welcome';
    share.give(ip, 1);
    return 'full';
  };
  const countAll = (ip: string): Admitted | Promise<Admitted> => {
    const granted = share.take(CONNECTIONS, 1);
    return typeof granted === 'boolean' ? one(ip, granted) : granted.then((later) => one(ip, later));
  };
  return {
    enter(ip) {
      const granted = share.takeOne(ip);
      if (typeof granted === 'boolean') return granted ? countAll(ip) : 'crowded';
      return granted.then((later) => (later ? countAll(ip) : 'crowded'));
    },
    leave(ip) {
      share.give(CONNECTIONS, 1);
      share.give(ip, 1);
    },
  };
}

/** The octets of messages in flight in all workers. */
export function budgetByShare(share: WorkerShare): ByteBudget {
  return {
    get takenBytes() {
      return share.usedOf(OCTETS);
    },
    take: (bytes) => share.take(OCTETS, bytes),
    give: (bytes) => share.give(OCTETS, bytes),
  };
}

/** The key of all connections of a host. */
export const CONNECTIONS = '';

/** The key of the octets of all messages in flight. */
export const OCTETS = '#';

// Every other key is the address of a client.

/** How much there is of each thing that the workers of a host share. */
export interface LimitsOfHost {
  maxOf(key: string): number;
  /**
   * What a worker may have in hand beyond what it uses, so that it need not ask each time: a hundredth of the whole for all workers together, and
   * nothing where that is less than one. So a small limit is exact, and a large one is to within a hundredth.
   */
  spareOf(key: string): number;
}

/** Of a site. */
export function limitsOfHost({ limits }: Pick<Site, 'limits'>, workers: number): LimitsOfHost {
  const maxOf = (key: string) => {
    if (key === CONNECTIONS) return limits.connections;
    return key === OCTETS ? limits.messagesInFlight : limits.connectionsPerIp;
  };
  return { maxOf, spareOf: (key) => Math.floor(maxOf(key) / (100 * workers)) };
}

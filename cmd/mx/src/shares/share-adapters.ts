import type { ByteBudget } from '@vratny/message';
import type { Admission, Admitted } from '@vratny/server';
import { CONNECTIONS, OCTETS } from './limits-of-host.ts';
import type { WorkerShare } from './worker-share.ts';

/** Counts clients over all workers: first those of the address, then all. */
export function admitByShare(share: WorkerShare): Admission {
  const one = (ip: string, granted: boolean): Admitted => {
    if (granted) return 'admitted';
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
      if (typeof granted === 'boolean') return granted ? countAll(ip) : 'too-many-from-address';
      return granted.then((later) => (later ? countAll(ip) : 'too-many-from-address'));
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

import type { ServerAddress } from '@vratny/client';
import { mapBounded } from './bounded-map.ts';
import { createAdmissions } from './lmtp/admissions.ts';
import { deliverGroup, type Group, groupCopies } from './lmtp/deliver-group.ts';
import { CLOSE_MS, CONNECTIONS_MAX, DEADLINES, type Deadlines, TRANSACTIONS_AT_ONCE } from './lmtp/limits.ts';
import { Pool, type Protocol } from './lmtp/pool.ts';
import type { Copy, Delivery, DeliveryRequest, Outcome } from './port.ts';

export type { Deadlines } from './lmtp/limits.ts';

/** The servers of the store, and how the client speaks to them. */
export interface LmtpOptions {
  /** Servers of one store, in the order of preference: every one of them reaches every mailbox. */
  readonly servers: readonly ServerAddress[];
  /** Of this node, for the hello. */
  readonly hostName: string;
  readonly now: () => Date;
  /**
   * True when the site says that all servers take internationalised messages (RFC 6531). Default false: Dovecot 2.3
   * does not.
   */
  readonly utf8?: boolean;
  /** Connections to each server at once; default 16. */
  readonly connectionsMax?: number;
  /** See `lmtp/limits.ts` for what they are and their defaults. */
  readonly deadlines?: Partial<Deadlines>;
}

const ASCII = /^[\u0000-\u007f]*$/u;

/**
 * A mailbox store that speaks LMTP (RFC 2033). The client sends the stamps and the spooled message without the omitted
 * ranges, with CRLF; the server adds Return-Path. When a server fails before the final dot, the next server is tried.
 * After the final dot no other server is tried, and a lost reply is `delayed` with `uncertain`. The server enforces
 * quotas; those of `Target` are ignored. Copies with the same stamps share a transaction; a target that stands twice
 * gets two copies. `resumed` has no effect, because LMTP cannot search a mailbox. Stored copies are `counted`.
 */
export function createLmtp(options: LmtpOptions): Delivery {
  const { utf8 = false, now } = options;
  const { pools, deadlines, deliverGroups, close } = createSending(options, 'lmtp');
  const admissions = createAdmissions({ pools, utf8, deadlines, now });
  const forget = ({ target }: Copy): void => admissions.forget(target.address);
  return { utf8, admits: admissions.admits, deliver: (request) => deliverGroups(request, forget), close };
}

/**
 * A server that sends messages on (SMTP), for addresses that are not ours: what it answers is final, and what it takes
 * is `stored`. It is asked nothing before: whom it does not take is refused or delayed when the message is there.
 */
export function createRelay(options: Omit<LmtpOptions, 'utf8'>): Delivery {
  const { deliverGroups, close } = createSending(options, 'smtp');
  const admits: Delivery['admits'] = ({ address }, _size, { aborted }) => {
    if (aborted) return { kind: 'fault', detail: 'smtp: asking was ended' };
    // One that cannot be sent must not keep those back that share its transaction.
    return ASCII.test(address)
      ? { kind: 'room' }
      : { kind: 'unknown', text: '553 5.6.7 addresses with characters outside ASCII are not sent on' };
  };
  return { utf8: false, admits, deliver: (request) => deliverGroups(request, () => undefined), close };
}

function createSending(options: LmtpOptions, protocol: Protocol) {
  const { servers, hostName, now, utf8 = false, connectionsMax = CONNECTIONS_MAX } = options;
  const deadlines: Deadlines = { ...DEADLINES, ...options.deadlines };
  const pools = servers.map((server) => new Pool({ server, protocol, hostName, connectionsMax, deadlines, now }));
  return {
    pools,
    deadlines,
    /** Told of each copy that the server did not take. */
    deliverGroups: async (request: DeliveryRequest, onFailed: (copy: Copy) => void): Promise<readonly Outcome[]> => {
      const deliverOne = async (group: Group): Promise<readonly Outcome[]> => {
        const outcomes = await deliverGroup(pools, { request, group, protocol, utf8, deadlines });
        for (const [at, { copy }] of group.copies.entries()) if (outcomes[at]?.kind !== 'stored') onFailed(copy);
        return outcomes;
      };
      const groups = groupCopies(request.copies);
      const [only, ...more] = groups;
      if (only !== undefined && more.length === 0) return deliverOne(only);
      const found = await mapBounded(groups, TRANSACTIONS_AT_ONCE, deliverOne);
      const byPlace = new Map(groups.flatMap((group, i) => group.copies.map(({ place }, at) => [place, found[i]?.[at]] as const)));
      return request.copies.map((_copy, place) => byPlace.get(place) ?? { kind: 'delayed', detail: `${protocol}: no outcome` });
    },
    close: async (): Promise<void> => {
      await Promise.all(pools.map((pool) => pool.close(CLOSE_MS)));
    },
  };
}

import type { Cancellation } from '@vratny/waiting';
import type { DnsFault, Records, RecordType } from '../port.ts';

/** A question to one given server. */
export interface ServerQuestion<T extends RecordType> {
  /** `ip`, `ip:port` or `[v6]:port`; the port is 53 where none is given. */
  readonly server: string;
  /** A-labels; a final dot is allowed. */
  readonly name: string;
  readonly type: T;
  /** The zone that the server should have: a referral to what lies below it is an answer, any other one shows that it has not. */
  readonly zone: string;
}

/** A name server that a referral names, with the addresses that came along (glue, RFC 1034 §4.2.1). */
export interface Delegate {
  readonly name: string;
  readonly addresses: readonly string[];
}

/**
 * Why a server gave no answer. `lame`: it answered and does not have the zone (RFC 1912 §2.8). `forbidden`: its address is of no public network, it was not
 * asked. `no-route`: this machine cannot reach addresses of that kind (IPv6, mostly), which says nothing of the server. `busy`: too many questions waited.
 */
export type ServerFault = DnsFault | 'lame' | 'forbidden' | 'no-route' | 'busy';

/**
 * What one server said. All but `referral` and `fault` are authoritative (AA bit). `alias`: the name has a CNAME record. A TTL is that of the zone, not
 * what is left of it.
 */
export type ServerAnswer<T extends RecordType> =
  | { readonly kind: 'found'; readonly records: readonly Records[T][]; readonly ttlSeconds: number }
  | { readonly kind: 'alias'; readonly target: string; readonly ttlSeconds: number }
  | { readonly kind: 'nodata' | 'nxdomain'; readonly ttlSeconds: number }
  | { readonly kind: 'referral'; readonly zone: string; readonly delegates: readonly Delegate[]; readonly ttlSeconds: number }
  | { readonly kind: 'fault'; readonly fault: ServerFault; readonly detail: string };

/** Look-ups at one given server, without recursion. */
export interface AuthoritativeDns {
  /** Never throws and never rejects; has a deadline of its own, and an aborted signal ends it at once. */
  ask<T extends RecordType>(
    question: ServerQuestion<T>,
    options?: { readonly signal?: Cancellation | undefined },
  ): Promise<ServerAnswer<T>>;
}

import type { Records, ServerFault } from '@vratny/dns';

/** One MX record. */
export interface Mx {
  readonly preference: number;
  /** Without the final dot; empty for a null MX (RFC 7505). */
  readonly exchange: string;
}

/**
 * What somebody said of a domain's MX records. `none`: there are none, and perhaps no such domain. `alias`: the name has a CNAME record. `silent`: nothing
 * that could be used.
 */
export type Said =
  | { readonly kind: 'records'; readonly mx: readonly Mx[]; readonly ttlSeconds: number }
  | { readonly kind: 'none'; readonly exists: boolean; readonly ttlSeconds: number }
  | { readonly kind: 'alias'; readonly target: string; readonly ttlSeconds: number }
  | { readonly kind: 'silent'; readonly fault: ServerFault; readonly detail: string };

/** What one address of a name server said. */
export interface ServerSaid {
  readonly name: string;
  readonly address: string;
  readonly said: Said;
  /** When it said so. */
  readonly at: Date;
  /** It does not answer any more; `said` is the last that it said. */
  readonly silentNow?: string;
}

/** What one resolver said. */
export interface ResolverSaid {
  readonly label: string;
  readonly said: Said;
  /** It refuses the answer because of DNSSEC: asked not to check, it has one (RFC 4035 §5.5). */
  readonly bogus: boolean;
}

/** A host that MX records name, or should name. */
export interface ExchangeSaid {
  readonly name: string;
  /** Undefined: cannot be told. */
  readonly addresses: readonly string[] | undefined;
  /** It is another name for this one, by a CNAME record: not allowed for MX (RFC 2181 §10.3). */
  readonly alias?: string;
}

/** The TLSA records of one of the domain's hosts. */
export interface TlsaSaid {
  readonly exchange: string;
  /** Undefined: cannot be told. */
  readonly records: readonly Records['TLSA'][] | undefined;
  /** The resolver vouches for them by DNSSEC; else senders do not look at them (RFC 7672 §2.2). */
  readonly authentic: boolean;
}

/** What the world's DNS said of a domain at one moment. */
export interface Look {
  readonly at: Date;
  readonly domain: string;
  /** The zone that holds the domain. Undefined: not found, `trouble` says why. */
  readonly zone: string | undefined;
  readonly trouble?: string;
  readonly servers: readonly ServerSaid[];
  /** `servers` has every name server of the zone. False: some could not be found, or there are too many to be asked. */
  readonly complete: boolean;
  readonly resolvers: readonly ResolverSaid[];
  readonly exchanges: readonly ExchangeSaid[];
  /** Of the hosts that are wanted. */
  readonly tlsa: readonly TlsaSaid[];
}

import type { Cancellation } from '@vratny/waiting';

/** Records by type. Names are in lower case and without the final dot; the root is the empty string. */
export interface Records {
  readonly A: string;
  readonly AAAA: string;
  readonly MX: { readonly preference: number; readonly exchange: string };
  /** The character strings of one record, joined (RFC 7208 §3.3). */
  readonly TXT: string;
  readonly PTR: string;
  /** The name of a name server. */
  readonly NS: string;
  readonly TLSA: { readonly usage: number; readonly selector: number; readonly matchingType: number; readonly data: Uint8Array };
}

/** A record type that can be asked for. */
export type RecordType = keyof Records;

/** Why there is no answer. None of them says anything about the name. */
export type DnsFault = 'timeout' | 'servfail' | 'refused' | 'malformed' | 'unreachable' | 'aborted';

/**
 * What DNS said. `nodata`: the name exists without records of this type. `nxdomain`: the name does not exist (RFC 2308 §2). `fault`:
 * nothing is known.
 */
export type Answer<T extends RecordType> =
  | {
      readonly kind: 'found';
      /** At least one; following CNAMEs is the adapter's work. */
      readonly records: readonly Records[T][];
      /** How long it may be kept: the smallest TTL on the way. */
      readonly ttlSeconds: number;
      /** The resolver vouches for it by DNSSEC (AD bit, RFC 4035 §3.2.3). */
      readonly authentic: boolean;
    }
  | { readonly kind: 'nodata' | 'nxdomain'; readonly ttlSeconds: number; readonly authentic: boolean }
  | { readonly kind: 'fault'; readonly fault: DnsFault; readonly detail: string };

/** DNS look-ups. */
export interface Dns {
  /**
   * Asks for the records of `name` (A-labels; a final dot is allowed). Never throws and never rejects: what went wrong is an answer of kind `fault`. Has
   * a deadline of its own; an aborted signal ends it at once with fault `aborted`. An answer that is there at once (from a cache, from a file) is no promise.
   */
  lookup<T extends RecordType>(
    name: string,
    type: T,
    options?: { readonly signal?: Cancellation | undefined },
  ): Answer<T> | Promise<Answer<T>>;
}

/**
 * How an update ended. `done`: the server has it. `changed`: the records were no longer what they were, and nothing was written. `refused`: the server will not,
 * ever. `fault`: nothing is known, it may have been written.
 */
export type Updated =
  | { readonly kind: 'done' }
  | { readonly kind: 'changed'; readonly detail: string }
  | { readonly kind: 'refused' | 'fault'; readonly detail: string };

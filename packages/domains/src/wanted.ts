import { HOSTS, type Host, hostId, hostsOf, type Letter, mxName, PREFERENCE, type SecondaryOf } from '@vratny/hosts';

/** A record that somebody has to put into DNS. Names end in no dot here. */
export type WantedRecord =
  | { readonly name: string; readonly type: 'MX'; readonly preference: number; readonly exchange: string }
  | { readonly name: string; readonly type: 'TLSA'; readonly usage: 3; readonly selector: 1; readonly matching: 1; readonly data: string };

/** What the records of a site depend on. */
export interface SiteNames {
  readonly cluster: { readonly name: string; readonly domain: string };
  readonly secondaryOf: SecondaryOf;
}

/** What the DNS of a domain must say. */
export interface Wanted {
  readonly domain: string;
  readonly letter: Letter;
  /** The primary host first. */
  readonly mx: readonly { readonly preference: number; readonly exchange: string }[];
  /** Every host of the cluster by its name: those that `mx` does not have must go. */
  readonly ours: ReadonlyMap<string, Host>;
  /** What TLSA records of a host must hold; none where it offers no TLS. */
  readonly keysOf: (exchange: string) => readonly string[];
}

/** What DNS must say of a domain with this policy (RFC 5321 §5.1), at hosts with these keys. */
export function wantedOf({ name, letter }: { readonly name: string; readonly letter: Letter }, site: SiteNames, keys: KeysOfHosts): Wanted {
  const ours = new Map(HOSTS.map((host) => [mxName(host, site.cluster), host]));
  return {
    domain: name,
    letter,
    mx: hostsOf(letter, site.secondaryOf).map((host) => ({ preference: PREFERENCE[host.role], exchange: mxName(host, site.cluster) })),
    ours,
    keysOf: (exchange) => (speaksTls(ours.get(exchange), keys.tarpitSpeaksTls) ? keys.digests : []),
  };
}

/** The MX records of a domain, to be set in its zone. */
export function mxRecordsOf({ domain, mx }: Wanted): readonly WantedRecord[] {
  return mx.map((record) => ({ name: domain, type: 'MX', ...record }));
}

/**
 * The TLSA records of a domain's hosts that speak TLS, one for each key (one that fits is enough): DANE-EE, the key alone, by SHA-256 (RFC 7672
 * §3.1.1), so that it holds for every certificate of the same key.
 */
export function tlsaRecordsOf({ mx, keysOf }: Wanted): readonly WantedRecord[] {
  return mx.flatMap(({ exchange }) =>
    keysOf(exchange).map((data): WantedRecord => ({ name: tlsaName(exchange), type: 'TLSA', usage: 3, selector: 1, matching: 1, data })),
  );
}

/** Where the TLSA records of a host stand (RFC 7672 §3.1). */
export function tlsaName(exchange: string): string {
  return `_25._tcp.${exchange}`;
}

/** The keys of the hosts. */
export interface KeysOfHosts {
  /** SHA-256 of each public key (SubjectPublicKeyInfo), in hexadecimal digits; none when the site has no certificate. */
  readonly digests: readonly string[];
  /** Whether the tarpit, c20, offers STARTTLS. */
  readonly tarpitSpeaksTls: boolean;
}

/** The tarpit offers no TLS unless it is told to speak as the others do; a record for it would keep DANE's senders away (RFC 7672 §2.2). */
function speaksTls(host: Host | undefined, tarpitSpeaksTls: boolean): boolean {
  return host !== undefined && (hostId(host) !== 'c20' || tarpitSpeaksTls);
}

/** The data of a record as a zone file has them (RFC 1035 §5.1). */
export function recordData(record: WantedRecord): string {
  if (record.type === 'MX') return `${record.preference} ${record.exchange}.`;
  return `${record.usage} ${record.selector} ${record.matching} ${record.data}`;
}

/** Records as text for a zone file, one a line, with absolute names. */
export function zoneText(records: readonly WantedRecord[], ttlSeconds: number): string {
  return records.map((record) => `${record.name}. ${ttlSeconds} IN ${record.type} ${recordData(record)}\n`).join('');
}

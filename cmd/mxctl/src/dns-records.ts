import { createHash, X509Certificate } from 'node:crypto';
import { readTls } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Domain } from '@vratny/directory';
import { type Host, hostId, hostsOf, mxName, PREFERENCE } from '@vratny/hosts';
import type { Column } from './print.ts';

/** A record that somebody has to put into DNS. Names end in no dot here, and in one where they are shown. */
export type DnsRecord =
  | { readonly name: string; readonly type: 'MX'; readonly preference: number; readonly exchange: string }
  | { readonly name: string; readonly type: 'TLSA'; readonly usage: 3; readonly selector: 1; readonly matching: 1; readonly data: string };

/** A table of records, as they stand in a zone file. */
export const RECORD_COLUMNS: readonly Column<DnsRecord>[] = [
  { heading: 'name', cell: ({ name }) => `${name}.` },
  { heading: 'type', cell: ({ type }) => type },
  { heading: 'preference', cell: (record) => (record.type === 'MX' ? String(record.preference) : ''), right: true },
  { heading: 'host or data', cell: (record) => (record.type === 'MX' ? `${record.exchange}.` : tlsaData(record)) },
];

function tlsaData({ usage, selector, matching, data }: Extract<DnsRecord, { type: 'TLSA' }>): string {
  return `${usage} ${selector} ${matching} ${data}`;
}

/** The MX records that a domain must have for its policy (RFC 5321 §5.1). */
export function mxRecordsOf(site: Pick<Site, 'cluster' | 'secondaryOf'>, domain: Pick<Domain, 'name' | 'letter'>): readonly DnsRecord[] {
  return hostsOf(domain.letter, site.secondaryOf).map((host) => ({
    name: domain.name,
    type: 'MX',
    preference: PREFERENCE[host.role],
    exchange: mxName(host, site.cluster),
  }));
}

/**
 * The TLSA records of every host of a domain that speaks TLS, one for each key of the site (one that fits is enough):
 * DANE-EE, the key alone, by SHA-256 (RFC 7672 §3.1.1), so that it holds for every certificate of the same key. None
 * when the site has no certificate. @throws StartProblem when it cannot be read
 */
export function tlsaRecordsOf(
  site: Pick<Site, 'cluster' | 'secondaryOf' | 'tls' | 'tarpit'>,
  { letter }: Pick<Domain, 'letter'>,
): readonly DnsRecord[] {
  const tls = readTls(site);
  if (tls === undefined) return [];
  const digests = new Set(tls.certificates.map(({ cert }) => digestOfKey(cert)));
  return hostsOf(letter, site.secondaryOf)
    .filter((host) => speaksTls(host, site))
    .flatMap((host) =>
      [...digests].map((data): DnsRecord => {
        return { name: `_25._tcp.${mxName(host, site.cluster)}`, type: 'TLSA', usage: 3, selector: 1, matching: 1, data };
      }),
    );
}

function digestOfKey(cert: string): string {
  const key = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('hex');
}

/**
 * The tarpit offers no TLS unless it is told to speak as the others do; a record for it would keep DANE's senders away
 * (RFC 7672 §2.2).
 */
function speaksTls(host: Host, { tarpit }: Pick<Site, 'tarpit'>): boolean {
  return hostId(host) !== 'c20' || tarpit.speak === 'mail';
}

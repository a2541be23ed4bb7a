import { createHash, X509Certificate } from 'node:crypto';
import { readTls } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Domain } from '@vratny/directory';
import { mxRecordsOf, recordData, tlsaRecordsOf, type WantedRecord, wantedOf } from '@vratny/domains';
import type { Column } from './print.ts';

/** A table of records, as they stand in a zone file. */
export const RECORD_COLUMNS: readonly Column<WantedRecord>[] = [
  { heading: 'name', cell: ({ name }) => `${name}.` },
  { heading: 'type', cell: ({ type }) => type },
  { heading: 'preference', cell: (record) => (record.type === 'MX' ? String(record.preference) : ''), right: true },
  { heading: 'host or data', cell: (record) => (record.type === 'MX' ? `${record.exchange}.` : recordData(record)) },
];

/** The MX records that a domain must have for its policy (RFC 5321 §5.1). */
export function mxRecordsOfDomain(
  site: Pick<Site, 'cluster' | 'secondaryOf'>,
  domain: Pick<Domain, 'name' | 'letter'>,
): readonly WantedRecord[] {
  return mxRecordsOf(wantedOf(domain, site));
}

/**
 * All records that a domain and its hosts must have: those, and the TLSA records of the hosts, of which there are none when the site has no certificate.
 * @throws StartProblem when it cannot be read
 */
export function recordsOf(
  site: Pick<Site, 'cluster' | 'secondaryOf' | 'tls' | 'tarpit'>,
  domain: Pick<Domain, 'name' | 'letter'>,
): readonly WantedRecord[] {
  const digests = [...new Set(readTls(site)?.certificates.map(({ cert }) => digestOfKey(cert)))];
  const tlsa = tlsaRecordsOf(wantedOf(domain, site), { digests, tarpitSpeaksTls: site.tarpit.speak === 'mail' });
  return [...mxRecordsOfDomain(site, domain), ...tlsa];
}

function digestOfKey(cert: string): string {
  const key = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('hex');
}

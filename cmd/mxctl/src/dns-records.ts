import { createHash, X509Certificate } from 'node:crypto';
import { readTls } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Domain } from '@vratny/directory';
import { mxRecordsOf, recordData, tlsaRecordsOf, type Wanted, type WantedRecord, wantedOf } from '@vratny/domains';
import type { Letter } from '@vratny/hosts';
import type { Column } from './print.ts';

/** A table of records, as they stand in a zone file. */
export const RECORD_COLUMNS: readonly Column<WantedRecord>[] = [
  { heading: 'name', cell: ({ name }) => `${name}.` },
  { heading: 'type', cell: ({ type }) => type },
  { heading: 'preference', cell: (record) => (record.type === 'MX' ? String(record.preference) : ''), right: true },
  { heading: 'host or data', cell: (record) => (record.type === 'MX' ? `${record.exchange}.` : recordData(record)) },
];

type SiteOfRecords = Pick<Site, 'cluster' | 'secondaryOf' | 'tls' | 'tarpit'>;

/** What DNS must say of a domain, with the keys of the site's certificates. @throws StartProblem when one cannot be read */
export function wantedOfDomain(site: SiteOfRecords, domain: Pick<Domain, 'name' | 'letter'>): Wanted {
  const digests = [...new Set(readTls(site)?.certificates.map(({ cert }) => digestOfKey(cert)))];
  return wantedOf(domain, site, { digests, tarpitSpeaksTls: site.tarpit.speak === 'mail' });
}

/** What DNS must say of a domain but for TLSA records: this needs no certificate. */
export function wantedMx(site: Pick<Site, 'cluster' | 'secondaryOf'>, domain: Pick<Domain, 'name' | 'letter'>): Wanted {
  return wantedOf(domain, site, { digests: [], tarpitSpeaksTls: false });
}

/** The MX records of a domain alone. */
export function mxRecordsOfDomain(
  site: Pick<Site, 'cluster' | 'secondaryOf'>,
  domain: Pick<Domain, 'name' | 'letter'>,
): readonly WantedRecord[] {
  return mxRecordsOf(wantedMx(site, domain));
}

/** Policies of before whose hosts still accept its mail, oldest first. */
export function acceptingOf({ earlier = [] }: Domain): readonly Letter[] {
  return earlier.filter(({ seenLeft }) => seenLeft === undefined).map(({ letter }) => letter);
}

/** All records that a domain and its hosts must have. */
export function recordsOf(wanted: Wanted): readonly WantedRecord[] {
  return [...mxRecordsOf(wanted), ...tlsaRecordsOf(wanted)];
}

function digestOfKey(cert: string): string {
  const key = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('hex');
}

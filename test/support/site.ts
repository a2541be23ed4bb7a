import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { CertificateFiles } from './certificate.ts';

/** What a test's site needs; everything else is as in the defaults. */
export interface SiteOptions {
  readonly folder: string;
  /** Text of the zone file. */
  readonly zone: string;
  readonly dnsServers: readonly string[];
  readonly tls?: CertificateFiles;
  readonly limits?: Readonly<Record<string, string | number>>;
  /** Further keys, or others instead of ours: for what a person might get wrong. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Where mail goes, when not into the folder. */
  readonly mailFolder?: string;
}

/** Where the parts of a written site lie. */
export interface WrittenSite {
  readonly siteFile: string;
  readonly directoryFile: string;
  readonly mailFolder: string;
}

/** The cluster's domain is one that it serves itself, so that the bare `<postmaster>` has a mailbox. */
export const CLUSTER = { name: 'mx1', domain: 'example.test' };

/** Writes a site file and its zone file. */
export function writeSite(options: SiteOptions): WrittenSite {
  const { folder } = options;
  const zoneFile = join(folder, 'zone.txt');
  const siteFile = join(folder, 'site.yaml');
  const directoryFile = join(folder, 'directory.db');
  const mailFolder = options.mailFolder ?? join(folder, 'mail');
  const spool = join(folder, 'spool');
  mkdirSync(mailFolder, { recursive: true });
  mkdirSync(spool, { recursive: true });
  writeFileSync(zoneFile, options.zone);
  const site = {
    cluster: CLUSTER,
    limits: options.limits ?? {},
    dns: { servers: options.dnsServers, zoneFile },
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    // No list of the real world is asked; a story that needs one names its own.
    dnsbl: { zones: [] },
    state: 'memory:',
    directory: `sqlite:${directoryFile}`,
    delivery: `maildir:${mailFolder}`,
    spool,
    ...options.extra,
  };
  writeFileSync(siteFile, stringify(site));
  return { siteFile, directoryFile, mailFolder };
}

import { readdirSync } from 'node:fs';

/** Where Debian's freshclam keeps the official signatures. */
const OFFICIAL = '/var/lib/clamav';
/** `main` and `daily`, as they were fetched or with their updates in them. */
const DATABASE = /^(?:main|daily)\.c[lv]d$/u;

/** The folder of the official signatures; undefined when this machine has none, or none that we may read. Never throws. */
export function officialSignatures(folder = OFFICIAL): string | undefined {
  try {
    return readdirSync(folder).some((name) => DATABASE.test(name)) ? folder : undefined;
  } catch {
    return undefined;
  }
}

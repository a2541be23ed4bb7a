import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSite, openRegister } from '@vratny/adapters';
import { makeCertificate } from './certificate.ts';
import { chooseScannerAddresses } from './scanner-addresses.ts';
import { renderSite } from './site-file.ts';
import { ANTISPAM_MAILBOX, DOMAIN_LIST, DOMAINS, MAILBOX } from './world.ts';
import { renderZone } from './zone.ts';

const ACTOR = 'demo';
const QUOTA_BYTES = 100 * 1024 * 1024;

/** Makes what the demo site lacks, and leaves what is there alone. Returns the path of the site file. */
export async function prepareSite(directory: string, say: (text: string) => void): Promise<string> {
  for (const part of ['', 'tls', 'mail', 'spool', 'log']) mkdirSync(join(directory, part), { recursive: true, mode: 0o700 });
  const site = join(directory, 'site.yaml');
  const scanners = await chooseScannerAddresses(directory);
  writeOnce(site, () => renderSite(scanners));
  writeOnce(join(directory, 'zone.txt'), renderZone);
  if (!existsSync(join(directory, 'tls', 'cert.pem'))) {
    say('making a self-signed certificate ...');
    const { cert, key } = await makeCertificate(new Date());
    writeFileSync(join(directory, 'tls', 'key.pem'), key, { mode: 0o600 });
    writeFileSync(join(directory, 'tls', 'cert.pem'), cert);
  }
  await fillDirectory(site);
  return site;
}

function writeOnce(path: string, render: () => string): void {
  if (!existsSync(path)) writeFileSync(path, render());
}

async function fillDirectory(siteFile: string): Promise<void> {
  const register = await openRegister(loadSite(siteFile), () => new Date(), 'make');
  try {
    const present = new Set((await register.listDomains()).map((one) => one.name));
    for (const { letter, domain } of DOMAIN_LIST) {
      if (present.has(domain)) continue;
      await register.addDomain(domain, letter, ACTOR);
      await register.addMailbox(`${MAILBOX}@${domain}`, { quotaBytes: QUOTA_BYTES }, ACTOR);
    }
    const address = `${ANTISPAM_MAILBOX}@${DOMAINS.d}`;
    // A folder that an earlier version made has the domain without it.
    if ((await register.listMailboxes(DOMAINS.d)).some((one) => one.address === address)) return;
    await register.addMailbox(address, { quotaBytes: QUOTA_BYTES, antispam: true }, ACTOR);
  } finally {
    await register.close();
  }
}

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSite, openRegister } from '@vratny/adapters';
import { findFreePort } from '@vratny/daemons';
import { HOSTS, hostsOf, mxName, PREFERENCE } from '@vratny/hosts';
import { generate } from 'selfsigned';
import { ANTISPAM_MAILBOX, DOMAIN_LIST, DOMAINS, LISTED_CLIENT, MAILBOX } from './world.ts';

/** The demo's cluster. */
const CLUSTER = { name: 'mx1', domain: 'thinline.example' } as const;

/** Where the panel would like to listen when the site file is made. */
const PANEL_PORT = 2580;

/** The demo's own DNS blacklist, in its zone file. */
const BLACKLIST = `bl.${CLUSTER.domain}`;

const ACTOR = 'demo';
const QUOTA_BYTES = 100 * 1024 * 1024;

/** Makes what the demo site lacks, and leaves what is there alone. Returns the path of the site file. */
export async function prepareSite(directory: string, say: (text: string) => void): Promise<string> {
  for (const part of ['', 'tls', 'mail', 'spool', 'log']) mkdirSync(join(directory, part), { recursive: true, mode: 0o700 });
  const site = join(directory, 'site.yaml');
  const scanners = await chooseScannerAddresses(directory);
  const panelPort = await findFreePort(PANEL_PORT);
  writeOnce(site, () => renderSite(scanners, panelPort));
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
  const register = await openRegister(await loadSite(siteFile), () => new Date(), 'make');
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

const VALID_DAYS = 825;

/** A self-signed certificate for all hosts of the demo, in PEM. */
async function makeCertificate(now: Date): Promise<{ readonly cert: string; readonly key: string }> {
  const notAfterDate = new Date(now.getTime() + VALID_DAYS * 86_400_000);
  const altNames = HOSTS.map((host) => ({ type: 2 as const, value: mxName(host, CLUSTER) }));
  const made = await generate([{ name: 'commonName', value: CLUSTER.domain }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: now,
    notAfterDate,
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { cert: made.cert, key: made.private };
}

/** The demo's site file; paths are relative to it. */
function renderSite({ clamd, rspamd }: ScannerAddresses, panelPort: number): string {
  return `# Made by "npm start" for the demo; yours to change. docs/CONFIG.md tells what every key means.
cluster: { name: ${CLUSTER.name}, domain: ${CLUSTER.domain} }
dns: { zoneFile: ./zone.txt }
dnsbl: { zones: [{ zone: ${BLACKLIST}, codes: [127.0.0.2] }] }
tls: { cert: ./tls/cert.pem, key: ./tls/key.pem }
directory: sqlite:./directory.db
state: sqlite:./state.db
history: { url: sqlite:./history }
panel: { url: "http://127.0.0.1:${panelPort}", listen: 127.0.0.1:${panelPort}, store: sqlite:./panel.db }
delivery: maildir:./mail
antivirus: { clamd: ["${clamd}"] }
antispam: { rspamd: ["${rspamd}"] }
spool: ./spool
`;
}

/**
 * The demo's DNS, so that it works without the internet: its hosts, its domains, a sender, and nothing else below
 * `.test`.
 */
function renderZone(): string {
  const soa = (name: string) => `${name}. IN SOA ns.${name}. hostmaster.${name}. 1 3600 600 86400 60`;
  const hosts = HOSTS.map((host) => `${mxName(host, CLUSTER)}. IN A 127.0.0.1`);
  const domains = DOMAIN_LIST.flatMap(({ letter, domain }) =>
    hostsOf(letter).map((host) => `${domain}. IN MX ${PREFERENCE[host.role]} ${mxName(host, CLUSTER)}.`),
  );
  const blacklist = ['2.0.0.127', LISTED_CLIENT.split('.').reverse().join('.')].flatMap((name) => [
    `${name}.${BLACKLIST}. IN A 127.0.0.2`,
    `${name}.${BLACKLIST}. IN TXT "a made-up entry of the demo"`,
  ]);
  const sender = [
    'sender.test. IN MX 10 mail.sender.test.',
    'mail.sender.test. IN A 127.0.0.1',
    'null-mx.test. IN MX 0 .',
    'strict.test. IN MX 10 mail.sender.test.',
    'strict.test. IN TXT "v=spf1 -all"',
    'partner.test. IN MX 10 mail.sender.test.',
    'partner.test. IN TXT "v=spf1 ip4:127.0.0.0/8 -all"',
  ];
  return ['$TTL 300', soa('test'), soa(CLUSTER.domain), ...hosts, ...domains, ...sender, ...blacklist, ''].join('\n');
}

/**
 * The longest path of a Unix socket on every system that we know: `sun_path` of sockaddr_un(3), without its NUL. Linux
 * has 4 more.
 */
export const SOCKET_PATH_MAX = 103;
/** Where clamd's socket lies in the demo's folder. */
const CLAMD_SOCKET = 'clamav/clamd.ctl';
/** Ports that the demo would like; not those of the packages, which may run on the same machine. */
const CLAMD_PORT = 3311;
const RSPAMD_PORT = 11343;

/** Where the scanners of the demo listen, as the site file writes it. */
interface ScannerAddresses {
  readonly clamd: string;
  readonly rspamd: string;
}

/** Chooses addresses for a demo folder; a socket whose path would be too long becomes a port. */
export async function chooseScannerAddresses(directory: string): Promise<ScannerAddresses> {
  const fits = Buffer.byteLength(join(directory, CLAMD_SOCKET)) <= SOCKET_PATH_MAX;
  const clamd = fits ? `unix:./${CLAMD_SOCKET}` : `tcp://127.0.0.1:${await findFreePort(CLAMD_PORT)}`;
  return { clamd, rspamd: `http://127.0.0.1:${await findFreePort(RSPAMD_PORT)}` };
}

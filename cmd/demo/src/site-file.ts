import type { ScannerAddresses } from './scanner-addresses.ts';
import { BLACKLIST, CLUSTER } from './world.ts';

/** The demo's site file; paths are relative to it. */
export function renderSite({ clamd, rspamd }: ScannerAddresses): string {
  return `# Made by "npm start" for the demo; yours to change. docs/CONFIG.md tells what every key means.
cluster: { name: ${CLUSTER.name}, domain: ${CLUSTER.domain} }
dns: { zoneFile: ./zone.txt }
dnsbl: { zones: [{ zone: ${BLACKLIST}, codes: [127.0.0.2] }] }
tls: { cert: ./tls/cert.pem, key: ./tls/key.pem }
directory: sqlite:./directory.db
state: sqlite:./state.db
trace: sqlite:./trace.db
delivery: maildir:./mail
antivirus: { clamd: ["${clamd}"] }
antispam: { rspamd: ["${rspamd}"] }
spool: ./spool
`;
}

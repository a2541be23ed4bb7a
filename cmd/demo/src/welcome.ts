import { join, relative } from 'node:path';
import { HOSTS, hostId, serves } from '@vratny/hosts';
import { policyOf } from '@vratny/policy';
import type { Ports } from './ports.ts';
import { ANTISPAM_MAILBOX, DOMAIN_LIST, DOMAINS, LISTED_CLIENT, MAILBOX } from './world.ts';

/** What a person reads when everything runs: the hosts, what to try, and what is not as it should be. */
export function welcome(ports: Ports, directory: string, notes: readonly string[]): string {
  const shown = relative(process.cwd(), directory);
  // What `send` takes when nothing else is said.
  const send = `npm run -s send --${shown === 'var' ? '' : ` --directory ${shown}`}`;
  return [
    '',
    renderTable(ports),
    '',
    'Send a first message, from another terminal in this folder:',
    `  ${send} --to ${MAILBOX}@${DOMAINS.d}`,
    `  ls ${join(shown, 'mail', DOMAINS.d, MAILBOX, 'new')}`,
    'And some that are refused: an unknown mailbox, a client on a blacklist, a forged sender, a virus (EICAR), spam (GTUBE):',
    `  ${send} --to nobody@${DOMAINS.d}`,
    `  ${send} --client ${LISTED_CLIENT}`,
    `  ${send} --from anybody@strict.test`,
    `  ${send} --virus`,
    `  ${send} --spam --to ${ANTISPAM_MAILBOX}@${DOMAINS.d}`,
    'A backup host asks an unknown sender to come back in five minutes, and the last one takes nothing:',
    `  ${send} --host b20`,
    `  ${send} --host c20`,
    'Policy a asks no virus scanner, and alice has antispam off, so these are taken:',
    `  ${send} --virus --to ${MAILBOX}@${DOMAINS.a}`,
    `  ${send} --spam --to ${MAILBOX}@${DOMAINS.d}`,
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
    `What the hosts decide is shown below; the whole journal is in ${join(shown, 'log')}/. Ctrl-C ends everything.`,
    '',
  ].join('\n');
}

/** The demo's hosts: where they listen, for whom, what they check, and, where there is any, what they lack so far. */
function renderTable(ports: Ports): string {
  const policies = HOSTS.map((host) => policyOf(host));
  const lacking = policies.some((policy) => policy && policy.lacks.length > 0);
  const rows = HOSTS.map((host, i) => {
    const domains = DOMAIN_LIST.filter(({ letter }) => serves(host, letter));
    const mailbox = domains.map(({ domain }) => `${MAILBOX}@${domain}`).join(', ');
    const { summary = 'takes no mail: answers every command with "later"', lacks = [] } = policies[i] ?? {};
    return [hostId(host), `127.0.0.1:${ports[hostId(host)] ?? '?'}`, mailbox, summary, ...(lacking ? [lacks.join(', ')] : [])];
  });
  const head = ['host', 'listens on', 'mailbox', 'policy', ...(lacking ? ['not built yet'] : [])];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

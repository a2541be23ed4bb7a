import { HOSTS, hostId, serves } from '@vratny/hosts';
import { policyOf } from '@vratny/policy';
import type { Ports } from './ports.ts';
import { DOMAIN_LIST, MAILBOX } from './world.ts';

/** The demo's hosts: where they listen, for whom, what they check, and, where there is any, what they lack so far. */
export function renderTable(ports: Ports): string {
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

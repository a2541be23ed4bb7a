import { hostId } from '@vratny/hosts';
import { POLICIES } from '@vratny/policy';
import type { Ports } from './ports.ts';
import { DOMAIN_LIST, MAILBOX } from './world.ts';

/** The demo's hosts: where they listen, for whom, what they check, and what they lack so far. */
export function renderTable(ports: Ports): string {
  const rows = POLICIES.map((policy) => {
    const domain = DOMAIN_LIST.find(({ letter }) => hostId({ role: 'primary', letter }) === policy.name)?.domain;
    return [
      policy.name,
      `127.0.0.1:${ports[policy.name] ?? '?'}`,
      domain ? `${MAILBOX}@${domain}` : '',
      policy.summary,
      policy.lacks.join(', '),
    ];
  });
  const head = ['host', 'listens on', 'mailbox', 'policy', 'not built yet'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

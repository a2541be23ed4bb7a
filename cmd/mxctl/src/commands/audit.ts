import type { AuditEntry } from '@vratny/directory';
import type { Command } from 'commander';
import { countArgument } from '../arguments.ts';
import { type Column, printList } from '../print.ts';
import type { Terminal } from '../terminal.ts';
import { examples, withSite } from './group.ts';

const COLUMNS: readonly Column<AuditEntry>[] = [
  { heading: 'when', cell: (entry) => entry.at.toISOString() },
  { heading: 'who', cell: (entry) => entry.actor },
  { heading: 'action', cell: (entry) => entry.action },
  { heading: 'subject', cell: (entry) => entry.subject },
  { heading: 'detail', cell: (entry) => entry.detail },
];

/** `mxctl audit` */
export function addAudit(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .summary('who changed what')
    .description('Lists the changes of domains, mailboxes and aliases, latest first.')
    .option('--limit <count>', 'how many at most', countArgument(1, 10_000), 50)
    .addHelpText('after', examples('audit', 'audit --limit 500', '--json audit'))
    .action(async (options: { readonly limit: number }, command: Command) =>
      withSite(terminal, command, async ({ register }, style) =>
        printList(terminal, style, { rows: await register.listAudit(options.limit), columns: COLUMNS, empty: 'no changes yet' }),
      ),
    );
}

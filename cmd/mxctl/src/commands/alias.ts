import type { Alias } from '@vratny/directory';
import type { DomainName } from '@vratny/smtp';
import type { Command } from 'commander';
import { domainArgument } from '../arguments.ts';
import { type Column, printDone, printList } from '../print.ts';
import type { Terminal } from '../terminal.ts';
import { examples, withSite } from './group.ts';

/** `mxctl alias ...` */
export function addAlias(program: Command, terminal: Terminal): void {
  const group = program
    .command('alias')
    .summary('aliases and catch-alls')
    .description('Addresses that lead to mailboxes of ours, and catch-alls. Forwarding to the outside is the work of the mailbox store.')
    .addHelpText('after', examples('alias add sales@example.org alice@example.org bob@example.org', 'alias list example.org'));
  addAdd(group, terminal);
  addList(group, terminal);
}

function addAdd(group: Command, terminal: Terminal): void {
  group
    .command('add')
    .summary('lead an address to mailboxes of ours')
    .description('Leads an address to one or more mailboxes or aliases of ours. "@domain" is the catch-all of a domain. Loops are refused.')
    .argument('<address>', 'local@domain, or @domain for a catch-all')
    .argument('<targets...>', 'addresses of ours')
    .addHelpText('after', examples('alias add sales@example.org alice@example.org', 'alias add @example.org alice@example.org'))
    .action(async (address: string, targets: readonly string[], _options: unknown, command: Command) =>
      withSite(terminal, command, async ({ register, actor }, style) => {
        const alias = await register.addAlias(address, targets, actor);
        printDone(terminal, style, { sentence: `${alias.address}: leads to ${alias.targets.join(', ')}`, value: alias });
      }),
    );
}

function addList(group: Command, terminal: Terminal): void {
  const columns: readonly Column<Alias>[] = [
    { heading: 'alias', cell: (alias) => alias.address },
    { heading: 'leads to', cell: (alias) => alias.targets.join(', ') },
  ];
  group
    .command('list')
    .summary('the aliases of a domain')
    .description('Lists the aliases of a domain, the catch-all among them.')
    .argument('<name>', 'the domain', domainArgument)
    .addHelpText('after', examples('alias list example.org'))
    .action(async (name: DomainName, _options: unknown, command: Command) =>
      withSite(terminal, command, async ({ register }, style) =>
        printList(terminal, style, { rows: await register.listAliases(name), columns, empty: `${name} has no aliases` }),
      ),
    );
}

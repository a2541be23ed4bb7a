import { loadSite, openState, StartProblem } from '@vratny/adapters';
import type { GreylistEntry, State } from '@vratny/state';
import type { Command } from 'commander';
import { countArgument } from '../arguments.ts';
import { greylistPattern } from '../greylist-pattern.ts';
import { type Column, printDone, printList } from '../print.ts';
import { complain, type Terminal } from '../terminal.ts';
import { examples, type GlobalOptions, globalOptions } from './group.ts';

const COLUMNS: readonly Column<GreylistEntry>[] = [
  { heading: 'sender', cell: ({ key }) => senderOf(key) || '<>' },
  { heading: 'client', cell: ({ key }) => key.slice(key.lastIndexOf(' ') + 1) },
  { heading: 'let through from', cell: ({ opensAt }) => opensAt.toISOString() },
  { heading: 'until', cell: ({ endsAt }) => endsAt.toISOString() },
];
const PATTERN = 'an address, a domain, `<>`, a client, or a sender and a client in quotes; * stands for any text';
const LIMIT_MAX = 10_000;

/** `mxctl greylist ...` */
export function addGreylist(program: Command, terminal: Terminal): void {
  const group = program
    .command('greylist')
    .summary('senders that secondary hosts have put off or let through')
    .description('What secondary hosts remember of senders: a sender and its client together are one entry.')
    .addHelpText('after', examples('greylist list', 'greylist list example.net', 'greylist forget 192.0.2.1'));
  addList(group, terminal);
  addForget(group, terminal);
}

function addList(group: Command, terminal: Terminal): void {
  group
    .command('list')
    .summary('who is remembered')
    .description('Lists senders, from when on they are let through and until when.')
    .argument('[pattern]', PATTERN, greylistPattern, '*')
    .option('--limit <count>', 'how many at most', countArgument(1, LIMIT_MAX), 100)
    .addHelpText('after', examples('greylist list', 'greylist list example.net --limit 10', '--json greylist list'))
    .action(async (pattern: string, { limit }: { readonly limit: number }, command: Command) =>
      withState(terminal, globalOptions(command), async (state, options) => {
        const rows = await state.greylist.list(pattern, limit, terminal.now());
        printList(terminal, options, { rows, columns: COLUMNS, empty: 'no senders' });
      }),
    );
}

function addForget(group: Command, terminal: Terminal): void {
  group
    .command('forget')
    .summary('make senders unknown again')
    .description('Forgets senders: their next contact is their first. Mail that was accepted stays where it is.')
    .argument('<pattern>', PATTERN, greylistPattern)
    .addHelpText('after', examples('greylist forget someone@example.net', "greylist forget 'someone@example.net 192.0.2.1/32'"))
    .action(async (pattern: string, _options: unknown, command: Command) =>
      withState(terminal, globalOptions(command), async (state, options) => {
        const forgotten = await state.greylist.forget(pattern, terminal.now());
        printDone(terminal, options, { sentence: `forgotten: ${forgotten}`, value: { forgotten } });
      }),
    );
}

/** Opens the site's shared state for one piece of work. @throws StartProblem, StateFault */
async function withState(terminal: Terminal, options: GlobalOptions, work: (state: State, options: GlobalOptions) => Promise<void>) {
  const site = await loadSite(options.config);
  if (site.state.kind === 'memory') {
    throw new StartProblem('state: memory: what is greylisted is only in each mx process; sqlite:PATH or redis://HOST:PORT can be listed');
  }
  const state = await openState(site, (detail) => complain(terminal, detail));
  try {
    await work(state, options);
  } finally {
    await state.close();
  }
}

/** The null sender's is empty. */
function senderOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf(' ')));
}

import { loadSite, openDns, openDnsbl } from '@vratny/adapters';
import type { ListHealth } from '@vratny/dns';
import type { Command } from 'commander';
import { AnswerIsNo } from '../exit-codes.ts';
import { type Column, printList } from '../print.ts';
import type { Terminal } from '../terminal.ts';
import { examples, globalOptions } from './group.ts';

const COLUMNS: readonly Column<ListHealth>[] = [
  { heading: 'list', cell: (list) => list.zone },
  { heading: 'state', cell: (list) => list.state },
  { heading: 'ms', cell: (list) => String(list.latencyMs ?? ''), right: true },
  { heading: '127.0.0.2', cell: (list) => list.lastAnswers?.listed ?? '' },
  { heading: '127.0.0.1', cell: (list) => list.lastAnswers?.unlisted ?? '' },
  { heading: 'why', cell: (list) => list.detail ?? '' },
];

/** `mxctl dnsbl` */
export function addDnsbl(program: Command, terminal: Terminal): void {
  program
    .command('dnsbl')
    .summary('test the DNS blacklists')
    .description(
      'Tests every list of the site file as RFC 5782 says, from here and now: it must list 127.0.0.2 and must not list 127.0.0.1. A list that fails is muted by mx until it is well again. Exits with 0 when all are well, else with 1.',
    )
    .addHelpText('after', examples('dnsbl', '--json dnsbl'))
    .action(async (_options: unknown, command: Command) => {
      const options = globalOptions(command);
      const site = await loadSite(options.config);
      const lists = await openDnsbl(site, await openDns(site), { now: terminal.now });
      try {
        const rows = await lists.test();
        printList(terminal, options, { rows, columns: COLUMNS, empty: 'the site file names no list' });
        if (rows.some((row) => row.state !== 'well')) throw new AnswerIsNo();
      } finally {
        lists.close();
      }
    });
}

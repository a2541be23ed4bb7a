import { basename } from 'node:path';
import { checkSite, loadSite, StartProblem } from '@vratny/adapters';
import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { examples, globalOptions } from './group.ts';

/** `mxctl check-config` */
export function addCheckConfig(program: Command, terminal: Terminal): void {
  program
    .command('check-config')
    .summary('read the site file and look at the files it names')
    .description(
      'Reads the site file, and the certificate, key, zone file, password files and directories that it names. Changes nothing. Prints one line per problem and exits with 78, or says that the file is fine.',
    )
    .addHelpText('after', examples('check-config', '--config /etc/vratny/site.yaml check-config'))
    .action((_options: unknown, command: Command) => {
      const { config, json } = globalOptions(command);
      const problems = checkSite(loadSite(config)).map((line) => `${basename(config)}: ${line}`);
      if (problems.length > 0) throw new StartProblem(problems.join('\n'));
      terminal.out(json ? `${JSON.stringify({ file: config, fine: true })}\n` : `${basename(config)}: fine\n`);
    });
}

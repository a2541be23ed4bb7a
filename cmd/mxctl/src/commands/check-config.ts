import { basename } from 'node:path';
import { checkSite, findOutOfDate, loadSite, readTls, StartProblem } from '@vratny/adapters';
import type { Site } from '@vratny/config';
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
      const site = loadSite(config);
      const found = checkSite(site);
      const problems = (found.length > 0 ? found : findExpired(site)).map((line) => `${basename(config)}: ${line}`);
      if (problems.length > 0) throw new StartProblem(problems.join('\n'));
      terminal.out(json ? `${JSON.stringify({ file: config, fine: true })}\n` : `${basename(config)}: fine\n`);
    });
}

/** `mx` starts with an expired certificate, since most senders do not look, and alarms; here it is a problem. */
function findExpired(site: Site): readonly string[] {
  const material = readTls(site);
  return site.tls === undefined || material === undefined ? [] : findOutOfDate(site.tls, material, new Date());
}

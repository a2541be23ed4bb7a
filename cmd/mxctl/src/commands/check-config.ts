import { basename } from 'node:path';
import {
  checkDirectory,
  checkSite,
  findOutOfDate,
  findRunningOut,
  loadSite,
  openPublishers,
  readTls,
  StartProblem,
  type TlsMaterial,
} from '@vratny/adapters';
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
      'Reads the site file, and the certificate, key, zone file, password files and directories that it names. Changes nothing. Prints one line per problem and exits with 78, or says that the file is fine. The database of a hosting program is asked with a name that nobody has, and the plans of its statements are shown. A certificate that runs out within 14 days is a warning.',
    )
    .addHelpText('after', examples('check-config', '--config /etc/vratny/site.yaml check-config'))
    .action(async (_options: unknown, command: Command) => {
      const { config, json } = globalOptions(command);
      const site = await loadSite(config);
      const { expired, runningOut } = lookAtTerms(site, terminal.now());
      const name = basename(config);
      const found = [...checkSite(site), ...expired, ...(await checkPublishers(site))];
      const directory = found.length > 0 ? { problems: [], plans: [] } : await checkDirectory(site);
      const problems = [...found, ...directory.problems].map((line) => `${name}: ${line}`);
      if (problems.length > 0) throw new StartProblem(problems.join('\n'));
      for (const line of runningOut) terminal.err(`mxctl: warning: ${name}: ${line}\n`);
      const { plans } = directory;
      const told = { file: config, fine: true, warnings: runningOut, ...(plans.length === 0 ? {} : { plans }) };
      terminal.out(json ? `${JSON.stringify(told)}\n` : [...plans, `${name}: fine`].map((line) => `${line}\n`).join(''));
    });
}

/** Hosts need no keys of name servers, so a missing one stops none of them; here it is a problem. */
async function checkPublishers(site: Site): Promise<readonly string[]> {
  try {
    await openPublishers(site, () => new Date());
    return [];
  } catch (error) {
    if (error instanceof StartProblem) return [error.message];
    throw error;
  }
}

/**
 * `mx` starts with a certificate that is out of date, since most senders do not look, and alarms; here it is a problem.
 * Of files that cannot be used `checkSite` speaks.
 */
function lookAtTerms(site: Site, now: Date): { readonly expired: readonly string[]; readonly runningOut: readonly string[] } {
  const material = readOrNone(site);
  if (site.tls === undefined || material === undefined) return { expired: [], runningOut: [] };
  return { expired: findOutOfDate(site.tls, material, now), runningOut: findRunningOut(site.tls, material, now) };
}

function readOrNone(site: Site): TlsMaterial | undefined {
  try {
    return readTls(site);
  } catch (error) {
    if (error instanceof StartProblem) return undefined;
    throw error;
  }
}

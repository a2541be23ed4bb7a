import { loadSite, makeMailRoot, openRegister } from '@vratny/adapters';
import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { examples, globalOptions } from './group.ts';

/** `mxctl init` and `mxctl migrate` */
export function addInit(program: Command, terminal: Terminal): void {
  program
    .command('init')
    .summary('make what a new site lacks')
    .description(
      'Makes the directory of a new site, or the overlay beside the database of a hosting program, and the folder of its Maildirs. What is there is left alone.',
    )
    .addHelpText('after', examples('init'))
    .action(async (_options: unknown, command: Command) => {
      const site = await loadSite(globalOptions(command).config);
      makeMailRoot(site);
      const register = await openRegister(site, terminal.now, 'make');
      await register.close();
      terminal.out('the directory is there\n');
    });
  program
    .command('migrate')
    .summary('bring the directory up to this version')
    .description(
      'Brings the schema of the directory, or of its overlay, up to this version of the program. mx never does; an older mx may not read it afterwards.',
    )
    .addHelpText('after', examples('migrate'))
    .action(async (_options: unknown, command: Command) => {
      const register = await openRegister(await loadSite(globalOptions(command).config), terminal.now, 'reject', { migrates: true });
      await register.close();
      terminal.out('the directory is up to date\n');
    });
}

import { loadSite, openCopySource } from '@vratny/adapters';
import { RegisterRefusal } from '@vratny/directory';
import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { examples, globalOptions } from './group.ts';

/** `mxctl directory ...` */
export function addDirectory(program: Command, terminal: Terminal): void {
  const group = program
    .command('directory')
    .summary('the local copy of a database')
    .description('The local copy of the database of a hosting program, on this machine.')
    .addHelpText('after', examples('directory show', 'directory accept'));
  group
    .command('show')
    .summary('how old the copy is, and what is in it')
    .description('Shows the last load of the copy, and why a later one was not taken.')
    .addHelpText('after', examples('directory show'))
    .action(async (_options: unknown, command: Command) => {
      const { path, source } = await copyOf(command);
      await source.close();
      const { readDoubt, readLoad } = await import('@vratny/directory/adopted');
      const load = readLoad(path);
      const doubt = readDoubt(path);
      terminal.out(
        load === undefined ? 'no load yet\n' : `${load.at.toISOString()}: ${load.domains} domains, ${load.addresses} rows of addresses\n`,
      );
      if (load?.provedAt !== undefined) terminal.out(`${load.provedAt.toISOString()}: the same as the database\n`);
      if (doubt !== undefined) terminal.out(`${doubt}\n`);
    });
  group
    .command('accept')
    .summary('take a database that has lost many domains')
    .description(
      'Loads the copy as the database is now, also when it has lost more than a tenth of its domains; of a directory file, believes the one that stands there now. For a loss that was meant.',
    )
    .addHelpText('after', examples('directory accept'))
    .action(async (_options: unknown, command: Command) => {
      const { directory } = await loadSite(globalOptions(command).config);
      if (directory.kind === 'sqlite') {
        const { acceptSqliteDirectory } = await import('@vratny/directory/sqlite');
        terminal.out(`accepted: ${await acceptSqliteDirectory(directory.path)} domains\n`);
        return;
      }
      const { path, source } = await copyOf(command);
      try {
        const { loadCopy } = await import('@vratny/directory/adopted');
        const onProgress = (rows: number): void => {
          if (terminal.progress === true) terminal.err(`\r${rows} rows of addresses`);
        };
        const load = await loadCopy({ path, source, now: terminal.now, accept: () => true, onProgress });
        if (terminal.progress === true) terminal.err('\r\u001b[K');
        terminal.out(`accepted: ${load.domains} domains, ${load.addresses} rows of addresses\n`);
      } finally {
        await source.close();
      }
    });
}

async function copyOf(command: Command) {
  const copy = await openCopySource(await loadSite(globalOptions(command).config));
  if (copy === undefined) throw new RegisterRefusal('the site file names no copy (directory.copy)');
  return copy;
}

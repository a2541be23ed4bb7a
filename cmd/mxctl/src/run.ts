import { explainFailure, versionOf } from '@vratny/adapters';
import { RegisterRefusal } from '@vratny/directory';
import { describeError } from '@vratny/text';
import { Command, CommanderError } from 'commander';
import { addAlias } from './commands/alias.ts';
import { addAudit } from './commands/audit.ts';
import { addCheckConfig } from './commands/check-config.ts';
import { addDirectory } from './commands/directory.ts';
import { addDnsbl } from './commands/dnsbl.ts';
import { addDomain } from './commands/domain.ts';
import { addExplain } from './commands/explain.ts';
import { addExport } from './commands/export.ts';
import { addGreylist } from './commands/greylist.ts';
import { examples } from './commands/group.ts';
import { addImport } from './commands/import.ts';
import { addInit } from './commands/init.ts';
import { addMailbox } from './commands/mailbox.ts';
import { addTrace } from './commands/trace.ts';
import { AnswerIsNo, EXIT } from './exit-codes.ts';
import { complain, type Terminal } from './terminal.ts';

/** Runs one command line, without the program's name. @returns the exit code; never rejects */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(argv, { from: 'user' });
    return EXIT.fine;
  } catch (error) {
    return explain(error, terminal);
  }
}

function explain(error: unknown, terminal: Terminal): number {
  // Commander has said what it had to say; asking for help is no mistake, forgetting the command is one.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  if (error instanceof AnswerIsNo) return error.exitCode;
  if (error instanceof RegisterRefusal) {
    complain(terminal, error.message);
    return EXIT.refused;
  }
  const failure = explainFailure(error);
  if (failure !== undefined) {
    for (const line of failure.lines) complain(terminal, line);
    return failure.exitCode;
  }
  complain(terminal, `a bug: ${describeError(error)} (VRATNY_DEBUG=1 shows where)`);
  if (terminal.env['VRATNY_DEBUG'] === '1' && error instanceof Error) terminal.err(`${error.stack ?? ''}\n`);
  return EXIT.bug;
}

const EXIT_CODES = `
Exit codes: 0 fine, 1 refused or no, 64 usage, 66 a message that cannot be read, 75 try again later, 78 the site file or something it names.
`;

/** The whole command line. */
function createProgram(terminal: Terminal): Command {
  const program = new Command('mxctl')
    .description('Manages the domains, mailboxes and aliases of a Vratny site.')
    .option('--config <file>', 'the site file (or the environment variable VRATNY_CONFIG)', terminal.env['VRATNY_CONFIG'] || './site.yaml')
    .option('--json', 'print JSON for programs instead of tables for people')
    .version(versionOf('mxctl'), '--version', 'print the version')
    .addHelpText(
      'after',
      examples('check-config', 'domain add example.org --policy c', 'mailbox add alice@example.org --quota 100MiB') + EXIT_CODES,
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      outputError: (text) =>
        complain(
          terminal,
          text
            .trim()
            .replace(/^error: /u, '')
            .replaceAll('\n', ' '),
        ),
    });
  // Options may also stand behind the command: `mxctl domain list --json`.
  for (const add of [
    addCheckConfig,
    addInit,
    addImport,
    addExport,
    addDirectory,
    addDomain,
    addMailbox,
    addAlias,
    addExplain,
    addGreylist,
    addDnsbl,
    addTrace,
    addAudit,
  ])
    add(program, terminal);
  for (const command of descendants(program)) command.exitOverride().copyInheritedSettings(program);
  return program;
}

function descendants(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}

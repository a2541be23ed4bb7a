import { loadSite, makeMailRoot, openRegister, StartProblem, type WhenMissing } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { type Actor, DirectoryFault, type Register } from '@vratny/directory';
import type { Command } from 'commander';
import type { Style } from '../print.ts';
import type { Terminal } from '../terminal.ts';

/** What its users call it: in examples, and as the actor of changes. */
const PROGRAM = 'mxctl';

/** Options that stand before every command. */
export interface GlobalOptions extends Style {
  readonly config: string;
}

/** The options before the command. */
export function globalOptions(command: Command): GlobalOptions {
  const { config, json } = command.optsWithGlobals<{ config: string; json?: boolean }>();
  return { config, json: json ?? false };
}

/** Runs an action with the site's register, which must be there. */
export async function withSite(terminal: Terminal, command: Command, work: (access: Access, style: Style) => Promise<void>): Promise<void> {
  const options = globalOptions(command);
  await withRegister(terminal, { config: options.config }, (access) => work(access, options));
}

/** The same, and makes what a new site lacks: its directory, and with it the folder of its Maildirs. */
export async function withNewSite(
  terminal: Terminal,
  command: Command,
  work: (access: Access, style: Style) => Promise<void>,
): Promise<void> {
  const options = globalOptions(command);
  makeMailRoot(await loadSite(options.config));
  await withRegister(terminal, { config: options.config, whenMissing: 'make' }, (access) => work(access, options));
}

/** The same for what changes nothing in the end: a new site has a directory in memory meanwhile, and none is made. */
export async function withTriedSite(
  terminal: Terminal,
  command: Command,
  work: (access: Access, style: Style) => Promise<void>,
): Promise<void> {
  const options = globalOptions(command);
  try {
    await withRegister(terminal, options, (access) => work(access, options));
  } catch (error) {
    if (!(error instanceof StartProblem && error.cause instanceof DirectoryFault && error.cause.missing)) throw error;
    terminal.err(`${PROGRAM}: there is no directory yet: everything would be new\n`);
    const site = await loadSite(options.config);
    const { createMemoryDirectory } = await import('@vratny/directory/memory');
    // Whatever mailbox a store is to have, it may have.
    const store = { mailboxes: site.mailboxes, exists: async () => true };
    const forwarding = site.forwarding === undefined ? {} : { forwarding: 'forwarded' };
    const register = createMemoryDirectory({ now: terminal.now, store, ...forwarding });
    await work({ site, register, actor: `${PROGRAM}:${terminal.user}` }, options);
  }
}

/** Examples for the end of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${PROGRAM} ${line}`).join('\n')}\n`;
}

/** What a command that changes or lists something works with. */
interface Access {
  readonly site: Site;
  readonly register: Register;
  readonly actor: Actor;
}

/**
 * Opens the site's register for one piece of work, and closes it afterwards. @throws StartProblem, DirectoryFault,
 * RegisterRefusal
 */
async function withRegister<T>(
  terminal: Terminal,
  { config, whenMissing }: { readonly config: string; readonly whenMissing?: WhenMissing },
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const site = await loadSite(config);
  const register = await openRegister(site, terminal.now, whenMissing);
  try {
    return await work({ site, register, actor: `${PROGRAM}:${terminal.user}` });
  } finally {
    await register.close();
  }
}

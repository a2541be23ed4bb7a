import { loadSite, makeMailRoot } from '@vratny/adapters';
import type { Command } from 'commander';
import type { Style } from '../print.ts';
import { type Access, withRegister } from '../site-access.ts';
import type { Terminal } from '../terminal.ts';

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
  makeMailRoot(loadSite(options.config));
  await withRegister(terminal, { config: options.config, whenMissing: 'make' }, (access) => work(access, options));
}

/** Examples for the end of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ mxctl ${line}`).join('\n')}\n`;
}

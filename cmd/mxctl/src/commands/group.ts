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

/** Runs an action with the site's register. */
export async function withSite(terminal: Terminal, command: Command, work: (access: Access, style: Style) => Promise<void>): Promise<void> {
  const options = globalOptions(command);
  await withRegister(terminal, options.config, (access) => work(access, options));
}

/** Examples for the end of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ mxctl ${line}`).join('\n')}\n`;
}

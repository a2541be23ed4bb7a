import { parseArgs } from 'node:util';

/** What the command line of a soak says. */
export interface SoakFlags {
  readonly messages: number;
  readonly seed: number;
}

const MESSAGES = 20_000;
const MESSAGES_MAX = 1_000_000;
const USAGE = 'usage: node test/faults/soak.ts [--messages 20000] [--seed N]';

/** Reads it; `problem` is one line for the person who typed it. */
export function readSoakFlags(args: readonly string[], drawSeed: () => number): SoakFlags | { readonly problem: string } {
  try {
    const { values } = parseArgs({ args: [...args], options: { messages: { type: 'string' }, seed: { type: 'string' } } });
    const messages = numberOf(values.messages, MESSAGES);
    const seed = numberOf(values.seed, drawSeed());
    if (messages === undefined || messages === 0 || messages > MESSAGES_MAX) return { problem: `--messages takes 1 to ${MESSAGES_MAX}` };
    return seed === undefined ? { problem: '--seed takes a number' } : { messages, seed };
  } catch (error) {
    return { problem: `${error instanceof Error ? error.message : String(error)}; ${USAGE}` };
  }
}

function numberOf(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise;
  return /^\d{1,10}$/u.test(text) ? Number(text) : undefined;
}

import { join } from 'node:path';
import { runToEnd } from '@vratny/support/running-program';
import type { OrdinaryMessage } from './message.ts';

interface Line {
  readonly what: string;
  readonly message: string;
  readonly tnef?: string;
}

/** Python's own packages; Office documents, DKIM and digests; Outlook's containers. */
const SCRIPTS = ['python-email.py', 'python-office.py', 'outlook.py'];

/** Mail as Python programs make it. */
export async function pythonMail(): Promise<readonly OrdinaryMessage[]> {
  const made: OrdinaryMessage[] = [];
  for (const script of SCRIPTS)
    made.push(...(await linesOf(script)).map(({ what, message }) => ({ what, message: Buffer.from(message, 'base64') })));
  return made;
}

/** The containers alone, as a script of this folder made them. */
export async function containersOf(script: string): Promise<readonly { readonly what: string; readonly tnef: Buffer }[]> {
  const made = await linesOf(script);
  return made.flatMap(({ what, tnef }) => (tnef === undefined ? [] : [{ what, tnef: Buffer.from(tnef, 'base64') }]));
}

/** What a script of this folder prints: one JSON object per line. */
async function linesOf(script: string): Promise<readonly Line[]> {
  const run = await runToEnd('/usr/bin/python3', [join(import.meta.dirname, script)]);
  if (run.ending() !== 0) throw new Error(`${script} failed: ${run.stderr()}`);
  return run
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(isLine);
}

function isLine(value: unknown): value is Line {
  return typeof value === 'object' && value !== null && 'what' in value && 'message' in value;
}

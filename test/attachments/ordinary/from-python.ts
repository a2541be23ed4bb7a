import { join } from 'node:path';
import { runToEnd } from '../../harness/running-program.ts';
import type { OrdinaryMessage } from './message.ts';

interface Line {
  readonly what: string;
  readonly message: string;
}

/** Mail as Python's email package makes it. */
export async function pythonMail(): Promise<readonly OrdinaryMessage[]> {
  const run = await runToEnd('/usr/bin/python3', [join(import.meta.dirname, 'python-email.py')]);
  if (run.ending() !== 0) throw new Error(`python-email.py failed: ${run.stderr()}`);
  return run
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(isLine)
    .map(({ what, message }) => ({ what, message: Buffer.from(message, 'base64') }));
}

function isLine(value: unknown): value is Line {
  return typeof value === 'object' && value !== null && 'what' in value && 'message' in value;
}

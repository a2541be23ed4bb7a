import { readFileSync } from 'node:fs';
import { explainFileError, StartProblem } from '@vratny/adapters';
import { type Actor, RecordRefusal, type Register, RegisterRefusal } from '@vratny/directory';
import type { Letter } from '@vratny/hosts';
import { EXIT } from '../exit-codes.ts';
import { BATCH } from './limits.ts';

/** What is chosen for all of them, and by whom. */
interface Chosen {
  readonly letter: Letter;
  readonly graceUntil: Date;
  readonly actor: Actor;
}

/**
 * Chooses a policy for every domain of a file, one a line; empty lines, and what stands behind a `#`, are passed over. A thousand are one transaction, and those
 * that have it already are left alone, so that it may be run again. @throws RegisterRefusal with the line of what is no domain of ours,
 * and StartProblem
 */
export async function setPolicyOfAll(
  register: Register,
  file: string,
  { letter, graceUntil, actor }: Chosen,
): Promise<{ readonly domains: number; readonly changed: number }> {
  const lines = readLines(file);
  let changed = 0;
  for (let from = 0; from < lines.length; from += BATCH) {
    const batch = lines.slice(from, from + BATCH);
    const names = batch.map(({ name }) => name);
    try {
      changed += (await register.setPolicies(names, letter, graceUntil, actor)).length;
    } catch (error) {
      if (!(error instanceof RecordRefusal)) throw error;
      const done = from === 0 ? 'nothing was changed' : `the ${from} domains before it are done`;
      throw new RegisterRefusal(`${file}:${batch[error.index]?.line ?? 0}: ${error.message}; ${done}`, { cause: error });
    }
  }
  return { domains: lines.length, changed };
}

function readLines(file: string): readonly { readonly name: string; readonly line: number }[] {
  return readText(file)
    .split('\n')
    .map((text, at) => ({ name: text.replace(/#.*$/u, '').trim(), line: at + 1 }))
    .filter(({ name }) => name !== '');
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new StartProblem(`${file}: ${explainFileError(error, file)}`, EXIT.input, { cause: error });
  }
}

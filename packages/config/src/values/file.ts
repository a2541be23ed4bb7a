import { resolve } from 'node:path';
import { z } from 'zod';
import { read } from './reading.ts';
import { textual } from './scalar.ts';

/** A secret that stands in a file of its own, never in the site file. Whoever needs it reads the file. */
export interface Secret {
  /** Absolute. */
  readonly file: string;
}

/** A path; a relative one starts at the site file's directory. */
export function path(baseDirectory: string): z.ZodType<string> {
  return textual('a path', (text) => read(resolve(baseDirectory, text)));
}

/** `{ file: PATH }`. */
export function secret(baseDirectory: string): z.ZodType<Secret> {
  return z.strictObject({ file: path(baseDirectory) }, 'must be { file: PATH }: secrets do not stand in the site file');
}

import { isSea } from 'node:sea';

/** All programs in one file (`npm run build`), and not the sources: its first word names the program, and it takes no options of Node. */
const IS_EXECUTABLE = isSea();

/** The parts of the program that it starts as processes of their own, by hidden subcommands: so one file is enough. */
type Part = 'worker' | 'archive-reader' | 'writer';

/**
 * Program file and arguments that start a part: a worker for so many sockets, an archive reader with a folder for temporary files, or the process that
 * writes for all workers, which has no argument.
 */
export function launchOf(part: Part, ...words: readonly string[]): readonly [file: string, part: Part, ...words: string[]] {
  return [IS_EXECUTABLE ? 'mx' : (process.argv[1] ?? ''), part, ...words];
}

/** Options of Node for a part, and those with which this process was started. */
export function nodeOptionsOf(...more: readonly string[]): readonly string[] {
  return IS_EXECUTABLE ? [] : [...more, ...process.execArgv];
}

/** Which part this process is, by its arguments; a worker is one that the primary started. */
export function partOf([first]: readonly string[]): Part | undefined {
  if (first === 'archive-reader' || first === 'writer') return first;
  return first === 'worker' && process.send !== undefined ? first : undefined;
}

import { findProgram, type KeptDaemon, keepDaemon, type RunningProgram } from '@vratny/daemons';

/** One of the two scanners of the demo, as the site file has it. */
export interface Scanner {
  /** Its program. */
  readonly name: 'clamd' | 'rspamd';
  /** Where the site file says that it is; undefined when it names none. */
  readonly at: string | undefined;
  /** What there is to lose without it. */
  readonly without: string;
  /** True when one answers there already. Never rejects. */
  readonly answers: () => Promise<boolean>;
  /** False when that address is not on this machine. */
  readonly here: boolean;
  readonly start: (signal: AbortSignal) => Promise<RunningProgram>;
}

/** What became of it: the daemon when it is ours, and a line for the terminal when there is something to say. */
export interface StartedScanner {
  readonly daemon?: KeptDaemon;
  readonly note?: string;
}

/** Starts one that nobody else has started; the demo goes on without it. Never rejects. */
export async function startScanner(scanner: Scanner, say: (line: string) => void, signal: AbortSignal): Promise<StartedScanner> {
  const { name, at, without } = scanner;
  const missing = (why: string): StartedScanner => ({ note: `${name}: ${why}; ${without}` });
  if (at === undefined) return missing('the site file names none');
  if (await scanner.answers()) return { note: `${name}: one answers at ${at} already, and is used` };
  if (!scanner.here) return missing(`nobody answers at ${at}, which is not on this machine`);
  if (findProgram(name) === undefined) return missing('it is not installed');
  try {
    return { daemon: await keepDaemon({ name, start: scanner.start, say: (line) => say(`${line}; ${without}`), signal }) };
  } catch (error) {
    return signal.aborted ? {} : missing(`it could not be started (${explain(error)})`);
  }
}

/** The first line says that it failed, the last one of its log why. */
function explain(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n').filter((line) => line.trim() !== '');
  const [first = ''] = lines;
  return lines.length > 1 ? `${first}: ${lines.at(-1)}` : first;
}

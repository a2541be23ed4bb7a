import { HEAD_MAX } from './limits.ts';

/** One letter for each command, so that what waits for an answer is a short string: EHLO, HELO, STARTTLS, QUIT, anything else. */
export type VerbLetter = 'E' | 'H' | 'S' | 'Q' | 'X';

/** What a chunk held. */
export interface VerbReading {
  /** A letter for each line that ended in it. */
  readonly verbs: string;
  /** The beginning of the line that has not ended, at most {@link HEAD_MAX} characters. */
  readonly head: string;
}

const LF = 0x0a;
const LETTERS: ReadonlyMap<string, VerbLetter> = new Map([
  ['EHLO', 'E'],
  ['HELO', 'H'],
  ['STARTTLS', 'S'],
  ['QUIT', 'Q'],
]);

/**
 * Finds the commands in a chunk and keeps nothing of it. Lines may end at bare LF: nothing that is said here can be smuggled anywhere.
 * Stops after `max` commands, and after STARTTLS where it will be followed: what is pipelined behind it is not to be believed (RFC 3207 §4.2).
 */
export function readVerbs(head: string, chunk: Buffer, max: number, stopAtTls: boolean): VerbReading {
  let verbs = '';
  let beginning = head;
  let start = 0;
  while (verbs.length < max) {
    const end = chunk.indexOf(LF, start);
    const stop = end < 0 ? chunk.length : end;
    beginning += chunk.toString('latin1', start, Math.min(stop, start + HEAD_MAX - beginning.length));
    if (end < 0) return { verbs, head: beginning };
    const letter = letterOf(beginning);
    verbs += letter;
    if (letter === 'S' && stopAtTls) break;
    beginning = '';
    start = end + 1;
  }
  return { verbs, head: '' };
}

function letterOf(line: string): VerbLetter {
  const verb = /^[A-Za-z]+(?=[ \r]|$)/u.exec(line)?.[0] ?? '';
  return LETTERS.get(verb.toUpperCase()) ?? 'X';
}

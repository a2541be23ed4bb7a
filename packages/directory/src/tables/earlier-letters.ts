import { isLetter } from '@vratny/hosts';
import { DirectoryFault, type EarlierLetter } from '../port.ts';

/**
 * Beside the columns of a row of `domains`: the other letters that were chosen for it, as text. SQLite and PostgreSQL take the same words. A column of a text
 * is a column of the local copy too, which knows no others.
 */
export const EARLIER_LETTERS = `(SELECT string_agg(a.letter || ':' || a.since || ':' || coalesce(CAST(a.seen_left AS TEXT), ''), ' ')
  FROM accepted_letters a WHERE a.domain = domains.name AND a.letter <> domains.letter)`;

/** What that column holds, oldest first. @throws DirectoryFault */
export function readEarlierLetters(text: string): readonly EarlierLetter[] {
  return text
    .split(' ')
    .map(readOne)
    .toSorted((one, other) => one.since.getTime() - other.since.getTime() || (one.letter < other.letter ? -1 : 1));
}

function readOne(text: string): EarlierLetter {
  const [letter = '', since = '', seenLeft = ''] = text.split(':');
  if (!isLetter(letter) || !/^\d+$/u.test(since) || !/^\d*$/u.test(seenLeft))
    throw new DirectoryFault(`earlier letters: ${JSON.stringify(text.slice(0, 100))} is none`);
  return { letter, since: new Date(Number(since)), ...(seenLeft === '' ? {} : { seenLeft: new Date(Number(seenLeft)) }) };
}

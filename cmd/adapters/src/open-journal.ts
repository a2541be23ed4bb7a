import type { Writable } from 'node:stream';
import type { Site } from '@vratny/config';
import type { Journal } from '@vratny/journal';
import { briefJournal } from '@vratny/journal/brief';
import { createStdoutJournal } from '@vratny/journal/stdout';

/**
 * The journal of a process: JSON lines on a stream, for mx its standard error. What it gathered is written when the
 * process exits, whatever ends it.
 */
export function openJournal(options: { readonly stream: Writable; readonly now: () => Date }): Journal {
  const journal = createStdoutJournal(options);
  process.once('exit', () => journal.flush());
  return journal;
}

/** The same journal, as full as the site wants it. */
export function journalAtLevel(journal: Journal, site: Pick<Site, 'journal'>): Journal {
  return site.journal.level === 'brief' ? briefJournal(journal) : journal;
}

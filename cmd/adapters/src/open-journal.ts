import type { Writable } from 'node:stream';
import type { Journal } from '@vratny/journal';
import { createStdoutJournal } from '@vratny/journal/stdout';

/** The journal of a process: JSON lines on a stream, for mx its standard error. */
export function openJournal(options: { readonly stream: Writable; readonly now: () => Date }): Journal {
  return createStdoutJournal(options);
}

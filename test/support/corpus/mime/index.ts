import type { CorpusCase } from '../case.ts';
import { FORM_CASES } from './forms.ts';
import { NAMES } from './names.ts';
import { OPENED } from './opened.ts';
import { READERS } from './readers.ts';
import { STRUCTURES } from './structure.ts';
import { TYPE_CASES } from './types.ts';
import { WRAPPED } from './wrapped.ts';

/** Messages that carry a forbidden file in ways of mail: none of them may reach a mailbox. */
export const MIME_CASES: readonly CorpusCase[] = [...NAMES, ...OPENED, ...STRUCTURES, ...WRAPPED, ...READERS, ...TYPE_CASES, ...FORM_CASES];

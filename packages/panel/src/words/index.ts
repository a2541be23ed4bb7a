import { cs } from './cs.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { pl } from './pl.ts';
import type { Words } from './words.ts';

/** All languages, in the order of the switch. */
export const LANGUAGES: readonly Words[] = [cs, en, pl, de];

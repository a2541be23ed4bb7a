import { readFileSync } from 'node:fs';

/** The style sheets as one text. The build of the executable puts the text itself in the place of this file. */
export const STYLE: string = ['./tokens.css', './pages.css'].map((file) => readFileSync(new URL(file, import.meta.url), 'utf8')).join('');

/** The message as bytes. Never throws on what it reads. */
export type { Content, Range } from './content.ts';

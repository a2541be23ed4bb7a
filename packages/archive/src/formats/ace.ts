import { type Format, signAt } from './format.ts';

/** ACE is recognised and not read: its only unpacker was given up after the holes of 2019. */
export const ace: Format = {
  kind: 'ace',
  extensions: ['ace'],
  find: signAt('**ACE**', 7),
  read: (archive) => archive.problem('unsupported'),
};

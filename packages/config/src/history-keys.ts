import { defaulted, optional, required } from './key.ts';
import { section } from './section.ts';
import { parseHistoryStore } from './values/database.ts';
import { secret } from './values/file.ts';
import { oneOf, wholeNumber } from './values/scalar.ts';
import { locator } from './values/url.ts';

const HISTORY_URL = 'sqlite:FOLDER or postgres://USER@HOST/DATABASE';

const history = (base: string) =>
  section({
    url: required(locator(HISTORY_URL, parseHistoryStore, { baseDirectory: base }), {
      about:
        'Where it is kept: `sqlite:FOLDER`, a file for each day, or `postgres://USER@HOST[:PORT][,HOST...]/DATABASE` (14 or newer), a partition for each day, for all nodes together.',
      example: 'postgres://vratny@db.thinline.example/vratny',
    }),
    password: optional(secret(base), {
      about: 'The password of the account in PostgreSQL.',
      otherwise: 'the server asks for none',
      example: { file: './history.password' },
    }),
    days: defaulted(wholeNumber(1, 400), {
      about: 'Days for which entries are kept; numbers of verdicts are kept for 13 months.',
      default: 14,
    }),
    owners: defaulted(oneOf('refused', 'all'), {
      about:
        'What the owners of a domain may see: what was `refused` or delayed, or `all`, the mail that was delivered too. In many countries correspondence is protected by law: ask before you choose `all`.',
      default: 'refused',
    }),
  }).refine(({ url, password }) => password === undefined || url.kind === 'postgres', { path: ['password'], error: 'takes no password' });

/** The history, and its short form. */
export const historyKeys = (base: string) => ({
  history: optional(history(base), {
    about:
      'What was refused, delayed and delivered, for `mxctl trace`. Mail never waits for it: what cannot be written in time is dropped and counted.',
    otherwise: 'no history is kept',
  }),
  trace: optional(locator(HISTORY_URL, parseHistoryStore, { baseDirectory: base }), {
    about: 'The short form of `history.url`.',
    otherwise: '`history` says it',
    example: 'sqlite:./history',
  }),
});

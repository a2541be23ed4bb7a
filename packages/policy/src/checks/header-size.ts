import { header as headerFact } from '../facts/header.ts';
import { check } from '../model/check.ts';
import { PASS, refuse } from '../model/verdict.ts';

/** A header that is read only in part could hide a forged field behind the end: what we add and remove would not be all of it. */
export const headerSize = check({
  name: 'header-size',
  stage: 'message',
  summary: 'the header is small enough to be read as a whole',
  says: ['552 5.3.4', '451 4.3.0'],
  facts: { header: headerFact },
  cannotTell: '451 4.3.0 the header could not be read in time, please try again later',
  judge: (_context, { header }) =>
    header.truncated ? refuse('552 5.3.4 the header of the message is larger than this server takes') : PASS,
});

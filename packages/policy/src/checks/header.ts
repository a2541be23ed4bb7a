import { countReceived } from '@vratny/message';
import { header as headerFact } from '../facts/header.ts';
import { RECEIVED_MAX } from '../limits.ts';
import { check, PASS, refuse } from '../model/check.ts';

/** A header that is longer than what is read could contain a forged field after the end of that. */
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

/** A mail loop (RFC 5321 §6.3). */
export const hopCount = check({
  name: 'hop-count',
  stage: 'message',
  summary: 'the message does not go round in a loop',
  says: ['554 5.4.6', '451 4.3.0'],
  facts: { header: headerFact },
  cannotTell: '451 4.3.0 the header could not be read in time, please try again later',
  judge(_context, { header }) {
    const hops = countReceived(header.fields);
    if (hops <= RECEIVED_MAX) return PASS;
    return refuse(`554 5.4.6 the message has made ${hops} hops and seems to go round in a loop (limit ${RECEIVED_MAX})`);
  },
});

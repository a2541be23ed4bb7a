import { greylist as greylistFact } from '../facts/greylist.ts';
import { check, delay, PASS } from '../model/check.ts';

/** An unknown sender gets 4xx. While shared state is unavailable the check passes: an endless delay would be worse. */
export const greylist = check({
  name: 'greylist',
  stage: 'mail',
  summary: 'the sender has come back after it was asked to (greylisting)',
  says: ['451 4.7.1'],
  facts: { contact: greylistFact },
  onFault: 'pass',
  cannotTell: '451 4.7.1 please try again later',
  judge(_context, { contact }) {
    if (contact.kind === 'passed') return PASS;
    const seconds = Math.max(1, Math.ceil(contact.retryAfterMs / 1000));
    return delay(`451 4.7.1 greylisted: please try again in ${seconds} seconds (backup hosts ask unknown senders to come back)`);
  },
});

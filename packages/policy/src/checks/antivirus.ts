import { antivirus as antivirusFact } from '../facts/antivirus.ts';
import { check } from '../model/check.ts';
import { PASS, refuse } from '../model/verdict.ts';

/** Test 7 of R1. Mail that could not be scanned waits: it is never accepted unscanned. */
export const antivirus = check({
  name: 'antivirus',
  stage: 'message',
  summary: 'the virus scanner finds nothing in the message',
  says: ['554 5.7.1', '451 4.3.0'],
  facts: { answer: antivirusFact },
  cannotTell: '451 4.3.0 the message could not be scanned for viruses just now, please try again later',
  judge: (_context, { answer }) =>
    answer.kind === 'clean' ? PASS : refuse(`554 5.7.1 a virus was found in the message: ${answer.signature}`),
});

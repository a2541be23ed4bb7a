import { antispam as antispamFact, mailboxesOf } from '../facts/antispam.ts';
import { check } from '../model/check.ts';
import { PASS, refuse } from '../model/verdict.ts';

/** Test 8 of R1: refused only when every mailbox has antispam on; otherwise the copies of those who have are marked. */
export const antispam = check({
  name: 'antispam',
  stage: 'message',
  summary: 'the message is not above the refusal score, where all its mailboxes have antispam on',
  says: ['554 5.7.1', '451 4.3.0'],
  facts: { answer: antispamFact },
  cannotTell: '451 4.3.0 the message could not be scanned for spam just now, please try again later',
  judge(context, { answer }) {
    if (answer.kind !== 'scored' || answer.score < context.settings.antispam.refuseScore) return PASS;
    if (!mailboxesOf(context).every((mailbox) => mailbox.antispam)) return PASS;
    return refuse(`554 5.7.1 the message looks like spam (score ${answer.score}, the limit is ${context.settings.antispam.refuseScore})`);
  },
});

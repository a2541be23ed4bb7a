import { antispam as antispamFact, mailboxesOf } from '../facts/antispam.ts';
import { check, delay, PASS, refuse } from '../model/check.ts';

/**
 * Refuses only when every mailbox has antispam on; otherwise the copies of those that have it on are marked. The
 * scanner's own action counts besides its score, for rules that must not be outweighed (GTUBE, a forced action, a rate
 * limit).
 */
export const antispam = check({
  name: 'antispam',
  stage: 'message',
  summary:
    'the spam scanner neither refuses the message nor puts it off, and its score is below the refusal score, where all its mailboxes have antispam on',
  says: ['554 5.7.1', '451 4.7.1', '451 4.3.0'],
  facts: { answer: antispamFact },
  cannotTell: '451 4.3.0 the message could not be scanned for spam just now, please try again later',
  judge(context, { answer }) {
    if (answer.kind !== 'scored' || !mailboxesOf(context).every((mailbox) => mailbox.antispam)) return PASS;
    const { refuseScore } = context.settings.antispam;
    if (answer.score >= refuseScore)
      return refuse(`554 5.7.1 the message looks like spam (score ${answer.score}, the limit is ${refuseScore})`);
    switch (answer.action) {
      case 'reject':
      case 'discard':
        return refuse('554 5.7.1 the message looks like spam (the spam scanner refuses it)');
      case 'soft reject':
        return delay('451 4.7.1 the spam scanner puts this message off, please try again later');
      case 'no action':
      case 'greylist':
      case 'add header':
      case 'rewrite subject':
      case 'quarantine':
        return PASS;
    }
  },
});

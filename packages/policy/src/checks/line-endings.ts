import { check, PASS, refuse } from '../model/check.ts';

/**
 * RFC 5321 §2.3.8 and RFC 5322 §2.3: CR and LF only together, and no NUL. Mail readers disagree on the meaning of
 * others.
 */
export const lineEndings = check({
  name: 'line-endings',
  stage: 'message',
  summary: 'the message holds no bare CR and no NUL',
  says: ['550 5.6.0'],
  facts: {},
  cannotTell: '451 4.3.0 the message could not be judged, please try again later',
  judge({ gate }) {
    if (gate.nul) return refuse('550 5.6.0 the message holds a NUL character, which mail must not (RFC 5322, 4)');
    if (gate.bareCr) return refuse('550 5.6.0 the message holds a CR without LF, which mail must not (RFC 5321, 2.3.8)');
    return PASS;
  },
});

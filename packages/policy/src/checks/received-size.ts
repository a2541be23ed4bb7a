import { check } from '../model/check.ts';
import { PASS, refuse } from '../model/verdict.ts';
import { tooBig } from './size-limit.ts';

/** What was declared is an estimate; what came is what counts (RFC 1870 §6.3). */
export const receivedSize = check({
  name: 'received-size',
  stage: 'message',
  summary: 'the message is within the size limit',
  says: ['552 5.3.4'],
  facts: {},
  cannotTell: '451 4.3.0 the size could not be judged, please try again later',
  judge: ({ gate, settings }) => (gate.oversize ? refuse(tooBig(settings.messageMaxBytes)) : PASS),
});

import { check } from '../model/check.ts';
import { PASS, refuse } from '../model/verdict.ts';
import { tooBig } from './size-limit.ts';

/** A message that says it is too big is refused before it is sent (RFC 1870 §6.1). */
export const declaredSize = check({
  name: 'declared-size',
  stage: 'mail',
  summary: 'the size that the sender declares is within the limit',
  says: ['552 5.3.4'],
  facts: {},
  cannotTell: '451 4.3.0 the size could not be judged, please try again later',
  judge: ({ parameters, settings }) =>
    (parameters.sizeBytes ?? 0) > settings.messageMaxBytes ? refuse(tooBig(settings.messageMaxBytes)) : PASS,
});

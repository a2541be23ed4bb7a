import type { Refusal } from '@vratny/smtp';
import { check, PASS, refuse } from '../model/check.ts';

/** A message whose declared size is above the limit is refused before it is sent (RFC 1870 §6.1). */
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

/** The declared size is an estimate; the received size decides (RFC 1870 §6.3). */
export const receivedSize = check({
  name: 'received-size',
  stage: 'message',
  summary: 'the message is within the size limit',
  says: ['552 5.3.4'],
  facts: {},
  cannotTell: '451 4.3.0 the size could not be judged, please try again later',
  judge: ({ gate, settings }) => (gate.oversize ? refuse(tooBig(settings.messageMaxBytes)) : PASS),
});

/** The refusal of a message above the limit, which it names in MiB and octets. */
function tooBig(maxBytes: number): Refusal {
  const mib = Math.round((maxBytes / 1024 / 1024) * 10) / 10;
  return `552 5.3.4 the message is larger than this server takes (${mib} MiB, ${maxBytes} octets)`;
}

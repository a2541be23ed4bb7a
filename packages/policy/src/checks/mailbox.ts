import { formatAddress } from '@vratny/smtp';
import { destination } from '../facts/destination.ts';
import { check } from '../model/check.ts';
import { PASS, refuse } from '../model/verdict.ts';

/** The mailbox exists and is in use. */
export const mailbox = check({
  name: 'mailbox',
  stage: 'rcpt',
  summary: 'the mailbox exists and is not switched off',
  says: ['550 5.1.1', '550 5.2.1', '451 4.3.0'],
  facts: { destination },
  cannotTell: '451 4.3.0 the recipient could not be looked up just now, please try again later',
  judge({ recipient }, facts) {
    if (facts.destination.kind !== 'mailboxes') return refuse(`550 5.1.1 there is no mailbox ${formatAddress(recipient)} here`);
    // An alias is served for those of its mailboxes that are in use.
    const asleep = facts.destination.mailboxes.every((one) => !one.enabled);
    return asleep ? refuse(`550 5.2.1 the mailbox ${formatAddress(recipient)} is switched off`) : PASS;
  },
});

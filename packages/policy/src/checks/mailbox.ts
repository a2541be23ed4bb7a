import { formatAddress } from '@vratny/smtp';
import { destination } from '../facts/destination.ts';
import { room } from '../facts/room.ts';
import { check, PASS, refuse } from '../model/check.ts';

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

/** The store knows the mailbox, and it has room for a message of the declared size. */
export const mailboxRoom = check({
  name: 'mailbox-room',
  stage: 'rcpt',
  summary: 'the mailbox has room for the message',
  says: ['552 5.2.2', '550 5.1.1', '451 4.3.0'],
  facts: { room },
  cannotTell: '451 4.3.0 the mailbox store could not be asked just now, please try again later',
  judge({ recipient, parameters }, facts) {
    const address = formatAddress(recipient);
    switch (facts.room.kind) {
      case 'room':
        return PASS;
      case 'unknown':
        return refuse(`550 5.1.1 there is no mailbox ${address} here`);
      case 'full':
        return (parameters.sizeBytes ?? 0) === 0
          ? refuse(`552 5.2.2 the mailbox ${address} is full`)
          : refuse(`552 5.2.2 the mailbox ${address} has no room for ${parameters.sizeBytes} octets`);
    }
  },
});

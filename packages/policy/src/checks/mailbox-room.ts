import { formatAddress } from '@vratny/smtp';
import { room } from '../facts/room.ts';
import { check } from '../model/check.ts';
import { PASS, refuse } from '../model/verdict.ts';

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

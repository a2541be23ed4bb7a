import { senderDomain as senderDomainFact } from '../facts/sender-domain.ts';
import { check, PASS, refuse } from '../model/check.ts';

/** A sender to whose domain no mail can be sent is refused. */
export const senderDomain = check({
  name: 'sender-domain',
  stage: 'mail',
  summary: 'the sender’s domain exists: it has an MX, A or AAAA record',
  says: ['550 5.1.8', '550 5.7.27', '451 4.4.3'],
  facts: { domain: senderDomainFact },
  cannotTell: '451 4.4.3 the sender domain could not be looked up in DNS just now, please try again later',
  judge(context, { domain }) {
    const name = context.sender?.domain ?? '';
    switch (domain) {
      case 'missing':
        return refuse(`550 5.1.8 the sender domain ${name} has neither an MX nor an address record, so nobody could answer`);
      case 'null-mx':
        return refuse(`550 5.7.27 the sender domain ${name} says that it takes no mail (null MX), so nobody could answer`);
      case 'exists':
      case 'nobody':
      case 'literal':
        return PASS;
    }
  },
});

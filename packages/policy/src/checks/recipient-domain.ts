import { placement } from '../facts/placement.ts';
import { check, delay, PASS, refuse } from '../model/check.ts';

/** No relaying, and no evasion of a domain's policy by connecting to another host. */
export const recipientDomain = check({
  name: 'recipient-domain',
  stage: 'rcpt',
  summary: 'the recipient’s domain is one of ours, and this host serves it or did until the world followed a change of its policy',
  says: ['550 5.7.1', '451 4.3.5', '451 4.3.0'],
  facts: { placement },
  cannotTell: '451 4.3.0 the recipient could not be looked up just now, please try again later',
  judge({ recipient }, facts) {
    switch (facts.placement) {
      case 'not-ours':
        return refuse(`550 5.7.1 ${recipient.domain} is no domain of this server, and it does not relay`);
      case 'elsewhere':
        return refuse(`550 5.7.1 mail for ${recipient.domain} is received by other hosts: please follow its MX records`);
      case 'behind':
        return delay(`451 4.3.5 ${recipient.domain} has moved to other hosts and its MX records are not there yet, please try again later`);
      case 'left':
        return delay(`451 4.3.5 ${recipient.domain} has moved to other hosts: please look up its MX records again`);
      case 'served':
      case 'earlier':
        return PASS;
    }
  },
});

import { dnsbl as dnsblFact } from '../facts/dnsbl.ts';
import { check, PASS, refuse } from '../model/check.ts';

/** A client that is listed on a DNS blacklist. Lists that fail their test are not used, so this check never delays. */
export const dnsbl = check({
  name: 'dnsbl',
  stage: 'connect',
  summary: 'the client’s address stands on none of the DNS blacklists',
  says: ['553 5.7.1'],
  facts: { answer: dnsblFact },
  onFault: 'pass',
  cannotTell: '451 4.4.3 the blacklists could not be asked just now, please try again later',
  judge({ client }, { answer }) {
    const [listing] = answer.listings;
    if (!listing) return PASS;
    const words = listing.text === '' ? '' : `: ${listing.text}`;
    return refuse(`553 5.7.1 your address ${client.ip} is listed by ${listing.zone}${words}`);
  },
});

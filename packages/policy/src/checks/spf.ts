import { spf as spfFact } from '../facts/spf.ts';
import { check, delay, PASS, refuse } from '../model/check.ts';

/** The sender's domain says which clients may use its name (RFC 7208). Only `fail` refuses. */
export const spf = check({
  name: 'spf',
  stage: 'mail',
  summary: 'the sender’s domain allows the client to send for it (SPF)',
  says: ['550 5.7.23', '451 4.7.24'],
  facts: { spf: spfFact },
  cannotTell: '451 4.7.24 the SPF record of the sender domain could not be looked up just now, please try again later',
  judge({ client }, facts) {
    const { result, domain, explanation } = facts.spf;
    switch (result) {
      case 'fail': {
        const words = explanation === undefined ? '' : `; it says: ${explanation}`;
        return refuse(`550 5.7.23 ${domain} does not allow ${client.ip} to send mail in its name (SPF)${words}`);
      }
      case 'temperror':
        return delay(`451 4.7.24 the SPF record of ${domain} could not be looked up just now, please try again later`);
      case 'pass':
      case 'softfail':
      case 'neutral':
      case 'none':
      case 'permerror':
        return PASS;
    }
  },
});

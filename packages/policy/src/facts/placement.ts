import type { Answer } from '@vratny/dns';
import { mxName, serves } from '@vratny/hosts';
import { DNS_FACT_MS } from '../limits.ts';
import { fact } from '../model/fact.ts';
import { destination } from './destination.ts';

/**
 * Whether this host serves the recipient's domain. `elsewhere`: the MX records of the domain are known not to name this
 * host. `behind`: they name this host, or are not known; no mail may bounce for that. `not-ours`: no domain of this
 * site.
 */
export type Placement = 'served' | 'grace' | 'elsewhere' | 'behind' | 'not-ours';

/** Whether a host of this letter serves the domain: see "Which host serves which domain" in docs/ARCHITECTURE.md. */
export const placement = fact({
  name: 'placement',
  stage: 'rcpt',
  deadlineMs: DNS_FACT_MS,
  needs: { destination },
  ports: ['dns'],
  find({ host, settings, sitePostmaster, startedAt }, needs, { dns }, signal): Placement | Promise<Placement> {
    if (needs.destination.kind === 'elsewhere') return 'not-ours';
    const { domain } = needs.destination;
    if (sitePostmaster || serves(host, domain.letter, settings.secondaryOf)) return 'served';
    const { previous } = domain;
    if (previous && previous.graceUntil > startedAt && serves(host, previous.letter, settings.secondaryOf)) return 'grace';
    const ours = mxName(host, settings.cluster).toLowerCase();
    const mx = dns.lookup(domain.name, 'MX', { signal });
    return mx instanceof Promise ? mx.then((answer) => placedBy(answer, ours)) : placedBy(mx, ours);
  },
});

function placedBy(mx: Answer<'MX'>, ours: string): Placement {
  if (mx.kind !== 'found') return 'behind';
  return mx.records.some((record) => record.exchange === ours) ? 'behind' : 'elsewhere';
}

import type { Dns } from '@vratny/dns';
import type { Cancellation } from '@vratny/waiting';
import { DNS_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';

/**
 * Whether mail to the sender's domain could be sent anywhere. `null-mx`: it says that it takes no mail (RFC 7505). `nobody`: the null
 * sender has no domain. `literal`: the sender wrote an IP address.
 */
export type SenderDomain = 'exists' | 'missing' | 'null-mx' | 'nobody' | 'literal';

/** RFC 5321 §5.1: an MX record, else an address record. */
export const senderDomain = fact({
  name: 'sender-domain',
  stage: 'mail',
  deadlineMs: DNS_FACT_MS,
  needs: {},
  ports: ['dns'],
  async find(context, _needs, { dns }, signal): Promise<SenderDomain> {
    if (context.sender === null) return 'nobody';
    if (context.sender.literal !== undefined) return 'literal';
    return lookUp(dns, context.sender.domain, signal);
  },
});

async function lookUp(dns: Dns, domain: string, signal: Cancellation): Promise<SenderDomain> {
  const mx = await dns.lookup(domain, 'MX', { signal });
  if (mx.kind === 'fault') throw new FactFault(`MX of ${domain}: ${mx.fault}`);
  if (mx.kind === 'nxdomain') return 'missing';
  if (mx.kind === 'found') return mx.records.every((record) => record.exchange === '') ? 'null-mx' : 'exists';
  const answers = await Promise.all([dns.lookup(domain, 'A', { signal }), dns.lookup(domain, 'AAAA', { signal })]);
  if (answers.some((answer) => answer.kind === 'found')) return 'exists';
  const fault = answers.find((answer) => answer.kind === 'fault');
  if (fault?.kind === 'fault') throw new FactFault(`address of ${domain}: ${fault.fault}`);
  return 'missing';
}

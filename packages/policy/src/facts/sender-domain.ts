import type { Answer, Dns } from '@vratny/dns';
import type { Cancellation } from '@vratny/waiting';
import { DNS_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';

/**
 * Whether mail can be sent to the sender's domain. `null-mx`: it accepts no mail (RFC 7505). `nobody`: the null sender
 * has no domain. `literal`: the sender has an IP address.
 */
export type SenderDomain = 'exists' | 'missing' | 'null-mx' | 'nobody' | 'literal';

/** RFC 5321 §5.1: an MX record, else an address record. */
export const senderDomain = fact({
  name: 'sender-domain',
  stage: 'mail',
  deadlineMs: DNS_FACT_MS,
  needs: {},
  ports: ['dns'],
  find(context, _needs, { dns }, signal): SenderDomain | Promise<SenderDomain> {
    if (context.sender === null) return 'nobody';
    if (context.sender.literal !== undefined) return 'literal';
    const { domain } = context.sender;
    const mx = dns.lookup(domain, 'MX', { signal });
    const byMx = (answer: Answer<'MX'>) => readMx(answer, domain) ?? findAddress(dns, domain, signal);
    return mx instanceof Promise ? mx.then(byMx) : byMx(mx);
  },
});

/** Undefined where there are no MX records. @throws FactFault */
function readMx(mx: Answer<'MX'>, domain: string): SenderDomain | undefined {
  if (mx.kind === 'fault') throw new FactFault(`MX of ${domain}: ${mx.fault}`);
  if (mx.kind === 'found') return mx.records.every((record) => record.exchange === '') ? 'null-mx' : 'exists';
  return mx.kind === 'nxdomain' ? 'missing' : undefined;
}

async function findAddress(dns: Dns, domain: string, signal: Cancellation): Promise<SenderDomain> {
  const answers = await Promise.all([dns.lookup(domain, 'A', { signal }), dns.lookup(domain, 'AAAA', { signal })]);
  if (answers.some((answer) => answer.kind === 'found')) return 'exists';
  const fault = answers.find((answer) => answer.kind === 'fault');
  if (fault?.kind === 'fault') throw new FactFault(`address of ${domain}: ${fault.fault}`);
  return 'missing';
}

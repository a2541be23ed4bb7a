import type { DnsblAnswer } from '@vratny/dns';
import { DNSBL_FACT_MS } from '../limits.ts';
import { fact } from '../model/fact.ts';

/** What the DNS lists say of the client. Asked as soon as it connects; lists that are not well have no say. */
export const dnsbl = fact({
  name: 'dnsbl',
  stage: 'connect',
  deadlineMs: DNSBL_FACT_MS,
  needs: {},
  ports: ['dnsbl'],
  find: ({ client }, _needs, ports, signal): DnsblAnswer | Promise<DnsblAnswer> => ports.dnsbl.ask(client.ip, signal),
  describe: ({ listings, skipped }) =>
    [
      ...listings.map(({ zone, codes, text }) => `${zone} ${codes.join(' ')} ${text}`.trim()),
      ...skipped.map(({ zone, detail }) => `${zone} skipped: ${detail}`),
    ].join('; ') || 'not listed',
});

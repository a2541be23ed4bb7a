import type { DnsblAnswer } from '@vratny/dns';
import { DNSBL_FACT_MS } from '../limits.ts';
import { fact } from '../model/fact.ts';

/** The listings of the client on DNS blacklists. Started when it connects; lists that fail their test are not used. */
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

import { createMemoryDns, type MemoryRecords } from '@vratny/dns/memory';
import { expect, test } from 'vitest';
import { spf as spfCheck } from '../checks/spf.ts';
import type { MailContext } from '../model/stage.ts';
import { openVisit } from '../model/visit.ts';
import { mailContext, policyOfChecks, portsOf } from '../testing/contexts.fixture.ts';
import { findOrigin } from './origin.ts';

const record = (text: string): MemoryRecords => ({ 'sender.test': { TXT: [text] } });
const asking = policyOfChecks({ rcpt: [spfCheck] });

test.each<[string, Partial<MailContext>, MemoryRecords, string]>([
  ['the domain that passed SPF', {}, record('v=spf1 ip4:192.0.2.0/24 -all'), 'domain sender.test'],
  ['whatever its case', { sender: { local: 'a', domain: 'Sender.Test' } }, record('v=spf1 ip4:192.0.2.0/24 -all'), 'domain sender.test'],
  ['the HELO name for the null sender', { sender: null }, { 'client.test': { TXT: ['v=spf1 +all'] } }, 'domain client.test'],
  ['SPF says no', {}, record('v=spf1 -all'), 'network 192.0.2.1/32'],
  ['SPF says nothing', {}, {}, 'network 192.0.2.1/32'],
  ['DNS is away', {}, { 'sender.test': 'servfail' }, 'network 192.0.2.1/32'],
  ['IPv6 by its /64', { client: { ip: '2001:db8::1:2:3:4' } }, {}, 'network 2001:db8::/64'],
])('%s', async (_name, context, records, origin) => {
  const visit = openVisit('mail', mailContext(context), { ports: portsOf({ dns: createMemoryDns(records) }), monotonicMs: () => 0 });
  expect(await findOrigin(asking, visit)).toBe(origin);
});

test('a policy that does not ask about SPF asks nobody', async () => {
  const visit = openVisit('mail', mailContext(), { ports: portsOf(), monotonicMs: () => 0 });
  expect(await findOrigin(policyOfChecks({}), visit)).toBe('network 192.0.2.1/32');
});

import { createMemoryArchives } from '@vratny/archive/memory';
import { createMemoryDelivery } from '@vratny/delivery/memory';
import { createMemoryDirectory } from '@vratny/directory/memory';
import { createDnsbl } from '@vratny/dns/dnsbl';
import { createSystemDns } from '@vratny/dns/system';
import { DEFAULT_SECONDARY_OF, parseHostId } from '@vratny/hosts';
import { contentOf } from '@vratny/message';
import { type MailContext, type Ports, policyOf, simulate } from '@vratny/policy';
import { parseAddress, type ReversePath } from '@vratny/smtp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPort } from './find-port.ts';
import { startUnbound, type Unbound } from './unbound.ts';

const HOP = (from: number) => `hop${from}.test. IN CNAME hop${from + 1}.test.`;
const LONG = Array.from({ length: 40 }, (_, index) => `"${`padding ${index} `.padEnd(250, 'x')}"`);
/** All unbound knows of senders. */
const RECORDS = [
  'example.test. IN MX 10 mx1d10.example.test.',
  'mx.test. IN MX 10 mail.mx.test.',
  'a.test. IN A 192.0.2.25',
  'aaaa.test. IN AAAA 2001:db8::25',
  'txt.test. IN TXT "neither MX nor address"',
  'null-mx.test. IN MX 0 .',
  'null-mx-with-a.test. IN MX 0 .',
  'null-mx-with-a.test. IN A 192.0.2.25',
  'alias.test. IN CNAME mx.test.',
  'alias-of-nothing.test. IN CNAME gone.test.',
  'alias-of-a.test. IN CNAME a.test.',
  'ring.test. IN CNAME gnir.test.',
  'gnir.test. IN CNAME ring.test.',
  ...Array.from({ length: 10 }, (_, index) => HOP(index)),
  'hop10.test. IN MX 10 mail.mx.test.',
  // háčky.test and příklad.test as A-labels.
  'xn--hky-ela4t.test. IN MX 10 mail.mx.test.',
  'many.test. IN MX 10 mail.mx.test.',
  ...Array.from({ length: 120 }, (_, index) => `many.test. IN MX ${20 + index} a-rather-long-name-of-a-mail-server-${index}.many.test.`),
  'long-spf.test. IN MX 10 mail.mx.test.',
  ...LONG.map((text) => `long-spf.test. IN TXT ${text}`),
  'long-spf.test. IN TXT "v=spf1 ip4:192.0.2.0/24 -all"',
  'long-spf-no.test. IN MX 10 mail.mx.test.',
  ...LONG.map((text) => `long-spf-no.test. IN TXT ${text}`),
  'long-spf-no.test. IN TXT "v=spf1 -all"',
];

let unbound: Unbound;
beforeAll(async () => {
  unbound = await startUnbound({ records: RECORDS, stubs: { 'broken.test': `127.0.0.1@${await findPort()}` } });
});
afterAll(() => unbound?.[Symbol.asyncDispose]());

/** What d10 would say to mail from a sender, with real DNS; `250` when it would take it. */
async function answerTo(sender: ReversePath, helo = 'client.test'): Promise<string> {
  const host = parseHostId('d10');
  const policy = host && policyOf(host);
  const recipient = parseAddress('alice@example.test', { utf8: false });
  if (!host || !policy || typeof recipient === 'string') throw new Error('there is no host d10');
  const now = () => new Date();
  const directory = createMemoryDirectory({ now });
  await directory.addDomain('example.test', 'd', 'test');
  await directory.addMailbox('alice@example.test', {}, 'test');
  const dns = createSystemDns({ servers: [unbound.address] });
  const mail: MailContext = {
    settings: {
      hostName: 'mx1d10.example.test',
      cluster: { name: 'mx1', domain: 'example.test' },
      secondaryOf: DEFAULT_SECONDARY_OF,
      messageMaxBytes: 1024 * 1024,
      trusts: () => false,
      greylist: NO_GREYLIST,
      antispam: { refuseScore: 15, markScore: 6, onFault: 'delay' },
      attachments: { encryptedArchives: 'pass', unreadableArchives: 'refuse' },
    },
    host,
    client: { ip: '192.0.2.1' },
    helo: { verb: 'EHLO', name: helo },
    tls: undefined,
    sender,
    parameters: { body: '7bit', utf8: false },
    startedAt: now(),
  };
  const content = contentOf(Buffer.from('Subject: x\r\n\r\nx\r\n'));
  const message = { content, gate: { bareCr: false, nul: false, oversize: false }, id: 'x', receivedAt: now() };
  const ports: Ports = {
    dns,
    dnsbl: createDnsbl({ dns, zones: [], now }),
    directory,
    delivery: createMemoryDelivery(),
    greylist: { firstSeen: () => Promise.reject(new Error('d10 does not greylist')) },
    counters: { hit: async () => 1 },
    archives: createMemoryArchives(),
    antivirus: { scan: async () => ({ kind: 'clean' }) },
    antispam: { judge: async () => ({ kind: 'not-scanned', reason: 'no scanner here' }) },
    clock: now,
  };
  const judgements = await simulate(policy, { mail, recipient, message }, { ports, monotonicMs: () => performance.now() });
  const verdict = judgements.at(-1)?.verdict;
  return verdict === undefined || verdict.kind === 'pass' ? '250' : verdict.reply.split(' ', 2).join(' ');
}

const NO_GREYLIST = { delayMs: 0, windowMs: 0, ipv4Prefix: 24, ipv6Prefix: 64, exempts: () => true };

describe('sender domains in real DNS', () => {
  test.each([
    ['MX', 'mx.test', '250'],
    ['upper case', 'MX.Test', '250'],
    ['A, no MX', 'a.test', '250'],
    ['AAAA, no MX', 'aaaa.test', '250'],
    ['neither', 'txt.test', '550 5.1.8'],
    ['no such name', 'gone.test', '550 5.1.8'],
    ['null MX (RFC 7505)', 'null-mx.test', '550 5.7.27'],
    ['null MX beside an address: still null', 'null-mx-with-a.test', '550 5.7.27'],
    ['CNAME to a domain with MX', 'alias.test', '250'],
    ['CNAME to a host', 'alias-of-a.test', '250'],
    ['CNAME to nothing', 'alias-of-nothing.test', '550 5.1.8'],
    ['ten CNAMEs in a row', 'hop0.test', '250'],
    ['CNAMEs in a ring', 'ring.test', '451 4.4.3'],
    ['a server that does not answer', 'broken.test', '451 4.4.3'],
    ['IDN in U-labels', 'háčky.test', '250'],
    ['IDN in A-labels', 'xn--hky-ela4t.test', '250'],
    ['IDN that is not there', 'příklad.test', '550 5.1.8'],
    ['121 MX records, which only TCP can carry', 'many.test', '250'],
    ['ten kilobytes of TXT beside an SPF record that says yes', 'long-spf.test', '250'],
    ['the same, and it says no', 'long-spf-no.test', '550 5.7.23'],
    ['an address literal', '[192.0.2.1]', '250'],
    ['an IPv6 literal', '[IPv6:2001:db8::1]', '250'],
  ])('%s', async (_what, domain, answer) => {
    const sender = parseAddress(`a@${domain}`, { utf8: true });
    if (typeof sender === 'string') throw new Error(`${domain}: ${sender}`);
    expect(await answerTo(sender)).toBe(answer);
  });

  test.each([
    ['the null sender has no domain', 'client.test', '250'],
    ['its HELO name has SPF, which says no', 'long-spf-no.test', '550 5.7.23'],
    ['its HELO name has SPF, which says yes', 'long-spf.test', '250'],
    ['its HELO name cannot be looked up', 'broken.test', '451 4.7.24'],
    ['its HELO name is a literal', '[192.0.2.1]', '250'],
  ])('%s', async (_what, helo, answer) => {
    expect(await answerTo(null, helo)).toBe(answer);
  });
});

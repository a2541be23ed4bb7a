import { describe, expect, test } from 'vitest';
import { type DomainState, judge } from './judge.ts';
import { host, KEY, lasting, lookOf, mx, NO_DOMAIN, NO_MX, RIGHT, SITE, silent, wanted } from './looks.fixture.ts';
import { wantedOf } from './wanted.ts';

type Row = readonly [what: string, look: Parameters<typeof lookOf>[0], state: DomainState, sentence: string, nextStep: string];

const SET = 'Set the MX records 10 mx1d10.thinline.example and 20 mx1b20.thinline.example';
const everywhere = (said: ReturnType<typeof mx>) => ({ servers: [said, said], resolvers: [said, said] });
const RIGHTLY = 'The DNS of firma.cz is right: it names the hosts of policy d.';

const tlsa = (id: string, digests: readonly string[], authentic = true) => ({
  exchange: host(id),
  records: digests.map((hex) => ({ usage: 3, selector: 1, matchingType: 1, data: new Uint8Array(Buffer.from(hex, 'hex')) })),
  authentic,
});

/** The faults that the issue names, each as one look. */
const FAULTS: readonly Row[] = [
  [
    'one stale server',
    { servers: [RIGHT, mx('10 c10', '20 c20')] },
    'partly',
    '1 of 2 name servers does not have the new records: ns2.firma.cz (198.51.100.2). There: firma.cz has policy d, and its MX records still name the hosts of policy c.',
    'Have the zone transferred to ns2.firma.cz (198.51.100.2); look at the serial number of its SOA record and at the transfer.',
  ],
  [
    'lame delegation',
    { servers: [RIGHT, silent('lame')] },
    'partly',
    '1 of 2 name servers does not serve firma.cz (ns2.firma.cz (198.51.100.2): it does not have the zone); the others are right.',
    'Have the zone loaded there, or take ns2.firma.cz out of the delegation.',
  ],
  [
    'a CNAME at the host of the MX record',
    {
      ...everywhere(mx('10 mail.firma.cz')),
      exchanges: [{ name: 'mail.firma.cz', addresses: ['192.0.2.1'], alias: host('d10') }],
    },
    'wrong',
    'An MX record names mail.firma.cz, which is another name for mx1d10.thinline.example (a CNAME record): an MX record must name the host itself (RFC 2181 §10.3).',
    `${SET} instead.`,
  ],
  [
    'wrong preference: the secondary first',
    everywhere(mx('20 d10', '10 b20')),
    'wrong',
    'The preference of the secondary host (10) is before that of the primary (20): mail comes to the secondary host first.',
    `${SET}.`,
  ],
  [
    'leftover of another letter',
    everywhere(mx('10 d10', '20 b20', '10 c10')),
    'partly',
    'The MX records of firma.cz also name mx1c10.thinline.example, a host of policy c.',
    'Remove the MX record 10 mx1c10.thinline.example.',
  ],
  [
    'missing secondary',
    everywhere(mx('10 d10')),
    'partly',
    'The MX record of the secondary host mx1b20.thinline.example is missing: the mail of firma.cz has no backup.',
    'Add the MX record 20 mx1b20.thinline.example.',
  ],
  [
    'SERVFAIL of one server',
    { servers: [silent('servfail'), RIGHT] },
    'partly',
    '1 of 2 name servers does not serve firma.cz (ns1.firma.cz (198.51.100.1): SERVFAIL); the others are right.',
    'Have the zone loaded there, or take ns1.firma.cz out of the delegation.',
  ],
  [
    'time-out of one of two',
    { servers: [RIGHT, silent('timeout')] },
    'right',
    `${RIGHTLY} ns2.firma.cz (198.51.100.2) does not answer.`,
    'Ask whoever runs ns2.firma.cz why it does not answer.',
  ],
  [
    'negative cache',
    { resolvers: [RIGHT, NO_MX] },
    'spreading',
    'The name servers of firma.cz are right. Caches may keep the old answer until 2026-11-27 12:15 UTC.',
    'Nothing to do: wait.',
  ],
  [
    'split horizon, seen once: as a cache',
    { resolvers: [RIGHT, mx('10 intern.firma.cz')] },
    'spreading',
    'The name servers of firma.cz are right. Caches may keep the old answer until 2026-11-27 13:00 UTC.',
    'Nothing to do: wait.',
  ],
  [
    'TTL of a day',
    { resolvers: [RIGHT, lasting(mx('10 c10', '20 c20'), 86_400)] },
    'spreading',
    'The name servers of firma.cz are right. Caches may keep the old answer until 2026-11-28 12:00 UTC.',
    'Nothing to do: wait.',
  ],
  [
    'DNSSEC bogus',
    { resolvers: ['bogus', 'bogus'] },
    'wrong',
    'The records of firma.cz are right, but their DNSSEC signatures are not: resolvers that check them (9.9.9.1, 9.9.9.2) refuse the answer, and mail from there does not arrive.',
    'Sign the zone anew, or correct the DS record at the registrar.',
  ],
  [
    'MX without address',
    { ...everywhere(RIGHT), exchanges: [{ name: host('d10'), addresses: [] }] },
    'wrong',
    'mx1d10.thinline.example has no address, so no mail reaches it.',
    'Give mx1d10.thinline.example its A and AAAA records in the zone of the cluster.',
  ],
  [
    "another provider's MX beside ours",
    everywhere(mx('10 d10', '20 b20', '10 mx.other.example')),
    'partly',
    'The MX records of firma.cz also name mx.other.example, which is no host of ours: mail that goes there does not come here.',
    'Remove the MX record 10 mx.other.example.',
  ],
];

/** Their brothers. */
const BROTHERS: readonly Row[] = [
  ['all is well', {}, 'right', RIGHTLY, 'Nothing to do.'],
  [
    'the records of another letter everywhere',
    everywhere(mx('10 b10', '20 c20')),
    'wrong',
    'firma.cz has policy d, and its MX records still name the hosts of policy b.',
    `${SET}, and remove mx1b10.thinline.example and mx1c20.thinline.example.`,
  ],
  [
    'a foreign host first',
    everywhere(mx('10 d10', '20 b20', '5 mx.other.example')),
    'wrong',
    'The MX records of firma.cz also name mx.other.example, which is no host of ours: mail that goes there does not come here.',
    'Remove the MX record 5 mx.other.example.',
  ],
  [
    'foreign hosts alone',
    everywhere(mx('10 mx.other.example', '20 mx2.other.example')),
    'wrong',
    'The MX records of firma.cz name none of its hosts, but mx.other.example and mx2.other.example.',
    `${SET}, and remove the others.`,
  ],
  [
    'the primary missing',
    everywhere(mx('20 b20')),
    'wrong',
    'The MX record of the primary host mx1d10.thinline.example is missing: the mail of firma.cz goes to other hosts.',
    'Add the MX record 10 mx1d10.thinline.example.',
  ],
  [
    'equal preferences',
    everywhere(mx('10 d10', '10 b20')),
    'partly',
    'Both MX records have the preference 10: half of the mail comes to the secondary host first.',
    `${SET}.`,
  ],
  [
    'other numbers in the same order',
    everywhere(mx('5 d10', '50 b20')),
    'right',
    `${RIGHTLY} The preferences are 5 and 50 instead of 10 and 20; their order is what counts.`,
    'Nothing to do.',
  ],
  [
    'a secondary of another letter',
    everywhere(mx('10 d10', '20 b20', '20 a20')),
    'partly',
    'The MX records of firma.cz also name mx1a20.thinline.example, which is not the secondary host of policy d.',
    'Remove the MX record 20 mx1a20.thinline.example.',
  ],
  [
    'the final dot forgotten',
    everywhere(mx(`10 ${host('d10')}.firma.cz`, '20 b20')),
    'wrong',
    'An MX record names mx1d10.thinline.example.firma.cz: the dot behind mx1d10.thinline.example is missing in the zone.',
    'Write mx1d10.thinline.example. with its final dot.',
  ],
  [
    'an address as a host',
    everywhere(mx('10 192.0.2.1')),
    'wrong',
    'An MX record names the address 192.0.2.1; it must name a host.',
    'Remove the MX record 10 192.0.2.1.',
  ],
  [
    'a host with the address of ours',
    {
      ...everywhere(mx('10 mail.firma.cz')),
      exchanges: [
        { name: 'mail.firma.cz', addresses: ['192.0.2.1'] },
        { name: host('d10'), addresses: ['192.0.2.1'] },
      ],
    },
    'wrong',
    'An MX record names mail.firma.cz, which has an address of mx1d10.thinline.example.',
    `${SET} instead.`,
  ],
  [
    'a foreign host without address',
    { ...everywhere(mx('10 d10', '20 b20', '30 gone.example')), exchanges: [{ name: 'gone.example', addresses: [] }] },
    'partly',
    'An MX record names gone.example, which has no address.',
    'Remove the MX record 30 gone.example.',
  ],
  [
    'no address of the secondary',
    { exchanges: [{ name: host('b20'), addresses: [] }] },
    'partly',
    'mx1b20.thinline.example has no address, so no mail reaches it.',
    'Give mx1b20.thinline.example its A and AAAA records in the zone of the cluster.',
  ],
  ['addresses that cannot be looked up', { exchanges: [{ name: host('d10'), addresses: undefined }] }, 'right', RIGHTLY, 'Nothing to do.'],
  ['a null MX', everywhere(mx('0 ')), 'wrong', 'firma.cz says that it takes no mail (a null MX record, RFC 7505).', `${SET} instead.`],
  ['no MX record', everywhere(NO_MX), 'wrong', 'firma.cz has no MX records.', `${SET}.`],
  [
    'no such domain',
    everywhere(NO_DOMAIN),
    'wrong',
    'firma.cz does not exist in DNS.',
    'Register the domain, or correct its delegation at the registrar.',
  ],
  [
    'a CNAME at the domain',
    { servers: [{ kind: 'alias', target: 'other.example', ttlSeconds: 60 }], resolvers: [mx('10 mx.other.example')] },
    'wrong',
    'firma.cz is another name for other.example (a CNAME record), so it has the MX records of that name.',
    `Remove the CNAME record of firma.cz, and set the MX records 10 mx1d10.thinline.example and 20 mx1b20.thinline.example.`,
  ],
  [
    'a CNAME at the domain that leads to the right records',
    { servers: [{ kind: 'alias', target: 'other.example', ttlSeconds: 60 }] },
    'right',
    `${RIGHTLY} It is another name for other.example.`,
    'Nothing to do.',
  ],
  [
    'DNSSEC bogus for the one resolver that checks',
    { resolvers: [RIGHT, 'bogus'] },
    'partly',
    'The records of firma.cz are right, but their DNSSEC signatures are not: resolvers that check them (9.9.9.2) refuse the answer, and mail from there does not arrive.',
    'Sign the zone anew, or correct the DS record at the registrar.',
  ],
  [
    'resolvers that cannot reach what we can',
    { resolvers: [silent('servfail'), silent('servfail')] },
    'partly',
    'The name servers of firma.cz are right, but resolvers cannot reach them: 9.9.9.1: SERVFAIL; 9.9.9.2: SERVFAIL.',
    'Compare the name servers in the delegation at the registrar with those of the zone.',
  ],
  ['a resolver that does not answer', { resolvers: [RIGHT, silent('timeout')] }, 'right', RIGHTLY, 'Nothing to do.'],
  [
    'one of two at an address that is not public',
    { servers: [RIGHT, silent('forbidden')] },
    'right',
    `${RIGHTLY} ns2.firma.cz (198.51.100.2) has an address that is not public, and is not asked.`,
    'Correct the address of ns2.firma.cz; if it is yours, add its network to networks.own in the site file.',
  ],
  [
    'one of two that there was no time to ask',
    { servers: [RIGHT, silent('busy')] },
    'right',
    `${RIGHTLY} ns2.firma.cz (198.51.100.2) was not asked this time: too much was to be asked at once.`,
    'Nothing to do.',
  ],
  ['no resolver', { resolvers: [] }, 'right', RIGHTLY, 'Nothing to do.'],
  ['IPv6 that this machine cannot reach', { servers: [RIGHT, silent('no-route')] }, 'right', RIGHTLY, 'Nothing to do.'],
  [
    'TLSA records of another key at the primary',
    { tlsa: [tlsa('d10', ['cd'.repeat(32)])] },
    'wrong',
    'The TLSA records of mx1d10.thinline.example fit none of its keys: senders that check DANE (RFC 7672) do not deliver to it.',
    `Add the TLSA record _25._tcp.mx1d10.thinline.example 3 1 1 ${KEY}.`,
  ],
  [
    'the same at the secondary',
    { tlsa: [tlsa('d10', [KEY]), tlsa('b20', ['cd'.repeat(32)])] },
    'partly',
    'The TLSA records of mx1b20.thinline.example fit none of its keys: senders that check DANE (RFC 7672) do not deliver to it.',
    `Add the TLSA record _25._tcp.mx1b20.thinline.example 3 1 1 ${KEY}.`,
  ],
  [
    'the same in a zone that is not signed',
    { tlsa: [tlsa('d10', ['cd'.repeat(32)], false)] },
    'right',
    `${RIGHTLY} The TLSA records of mx1d10.thinline.example do not fit; they are not signed, so nobody looks at them.`,
    'Nothing to do.',
  ],
  ['TLSA records of this key and the next', { tlsa: [tlsa('d10', [KEY, 'cd'.repeat(32)])] }, 'right', RIGHTLY, 'Nothing to do.'],
  ['no TLSA records', { tlsa: [tlsa('d10', [])] }, 'right', RIGHTLY, 'Nothing to do.'],
  [
    'TLSA records that cannot be looked up',
    { tlsa: [{ exchange: host('d10'), records: undefined, authentic: false }] },
    'right',
    RIGHTLY,
    'Nothing to do.',
  ],
  [
    'no name server that serves it',
    { servers: [silent('refused'), silent('lame')], resolvers: [silent('servfail'), silent('servfail')] },
    'wrong',
    'No name server serves firma.cz (ns1.firma.cz (198.51.100.1): REFUSED; ns2.firma.cz (198.51.100.2): it does not have the zone): its mail does not arrive.',
    'Have the zone firma.cz loaded on its name servers, or the delegation corrected at the registrar.',
  ],
  [
    'the same, while caches still have it',
    { servers: [silent('refused'), silent('lame')] },
    'unknown',
    'No name server of firma.cz gives an answer (ns1.firma.cz (198.51.100.1): REFUSED; ns2.firma.cz (198.51.100.2): it does not have the zone). Resolvers still have the right records.',
    'Wait for the next look; if it stays so, ask whoever runs the name servers.',
  ],
  [
    'silence everywhere',
    { servers: [silent('timeout'), silent('timeout')], resolvers: [silent('servfail'), silent('timeout')] },
    'unknown',
    'No name server of firma.cz gives an answer (ns1.firma.cz (198.51.100.1): no answer; ns2.firma.cz (198.51.100.2): no answer).',
    'Wait for the next look; if it stays so, ask whoever runs the name servers.',
  ],
  [
    'private addresses',
    { servers: [silent('forbidden')] },
    'unknown',
    'The name servers of firma.cz have addresses that are not public (ns1.firma.cz (198.51.100.1): not a public address), so they are not asked. Resolvers still have the right records.',
    'Correct the addresses of the name servers; if they are yours, add their network to networks.own in the site file.',
  ],
  [
    'no name servers',
    { servers: [], resolvers: [silent('timeout')], trouble: 'no answer' },
    'unknown',
    'The name servers of firma.cz cannot be found (no answer).',
    'Look whether the resolvers of this site answer; if they do, whether the domain is registered and delegated.',
  ],
];

describe('one look', () => {
  test.each([...FAULTS, ...BROTHERS])('%s', (_what, look, state, sentence, nextStep) => {
    expect(judge(wanted(), lookOf(look))).toMatchObject({ state, sentence, nextStep });
  });

  test('there are as many faults as the issue names', () => expect(FAULTS).toHaveLength(14));

  test('of two keys both need a record, and a host without TLS needs none', () => {
    const site = (digests: readonly string[]) => wantedOf({ name: 'firma.cz', letter: 'c' }, SITE, { digests, tarpitSpeaksTls: false });
    const said = { servers: [mx('10 c10', '20 c20')], resolvers: [mx('10 c10', '20 c20')] };
    expect(judge(site([KEY, 'ef']), lookOf({ ...said, tlsa: [tlsa('c10', [KEY])] }))).toMatchObject({
      state: 'partly',
      sentence: expect.stringContaining('lack 1 of its 2 keys'),
      evidence: [{}, {}, { source: 'TLSA', who: host('c10'), says: '3 1 1 abababab...', verdict: 'partly' }],
    });
    expect(judge(site([KEY]), lookOf({ ...said, tlsa: [tlsa('c20', [KEY])] }))).toMatchObject({
      state: 'partly',
      sentence: expect.stringContaining('has TLSA records and offers no TLS'),
    });
    const other = {
      exchange: host('c10'),
      records: [{ usage: 2, selector: 0, matchingType: 1, data: new Uint8Array(32) }],
      authentic: true,
    };
    expect(judge(site([KEY]), lookOf({ ...said, tlsa: [other] }))).toMatchObject({ state: 'right' });
  });

  test('evidence is every server with what it says', () => {
    const { evidence } = judge(
      wanted(),
      lookOf({ servers: [RIGHT, mx('20 c20', '10 c10')], resolvers: ['bogus', lasting(NO_DOMAIN, 60)], exchanges: [] }),
    );
    expect(evidence).toMatchObject([
      {
        source: 'name server',
        who: 'ns1.firma.cz',
        address: '198.51.100.1',
        says: `10 ${host('d10')}, 20 ${host('b20')}`,
        verdict: 'right',
      },
      { who: 'ns2.firma.cz', says: `10 ${host('c10')}, 20 ${host('c20')}`, verdict: 'wrong', ttlSeconds: 3600 },
      { source: 'resolver', who: '9.9.9.1', says: 'SERVFAIL, by DNSSEC', verdict: undefined },
      { who: '9.9.9.2', says: 'no such domain', verdict: 'wrong', ttlSeconds: 60 },
    ]);
  });

  test("a stranger's name cannot steer a terminal", () => {
    const { sentence } = judge(wanted(), lookOf(everywhere(mx('10 \u001b[2J.example'))));
    expect(sentence).toBe('The MX records of firma.cz name none of its hosts, but "?[2J.example".');
  });
});

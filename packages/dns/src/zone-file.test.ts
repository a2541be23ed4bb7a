import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dnsContract } from './contract.ts';
import { createMemoryDns, type MemoryRecords } from './memory.ts';
import type { Dns, RecordType } from './port.ts';
import { RECORD_TYPES } from './record-types.ts';
import { createZoneFileDns, parseZoneFile } from './zone-file.ts';

dnsContract('zone-file', (records) => {
  const inZone = Object.entries(records).filter(([name]) => name.endsWith('zone.test'));
  const others = Object.fromEntries(Object.entries(records).filter(([name]) => !name.endsWith('zone.test')));
  const soa = 'zone.test. 900 IN SOA ns.zone.test. hostmaster.zone.test. 1 1h 15m 1w 300';
  const lines = inZone.flatMap(([name, entry]) => (typeof entry === 'string' ? [] : writeEntry(name, entry)));
  return Promise.resolve({ dns: zoneDns([soa, ...lines].join('\n'), createMemoryDns(others)) });
});

function writeEntry(name: string, entry: Exclude<MemoryRecords[string], string>): string[] {
  const ttl = entry.ttlSeconds ?? 300;
  if (entry.CNAME !== undefined) return [`${name}. ${ttl} CNAME ${entry.CNAME}.`];
  return RECORD_TYPES.flatMap((type) => {
    const set = entry[type] ?? [];
    return typeof set === 'string' ? [] : set.map((record) => `${name}. ${ttl} IN ${type} ${writeData(type, record)}`);
  });
}

function writeData(type: RecordType, record: string | { exchange: string; preference: number } | { data: Uint8Array }): string {
  if (typeof record !== 'string') {
    return 'data' in record ? `3 1 1 ${Buffer.from(record.data).toString('hex')}` : `${record.preference} ${record.exchange}.`;
  }
  if (type === 'PTR' || type === 'NS') return `${record}.`;
  if (type !== 'TXT') return record;
  return (record.match(/[\s\S]{1,200}/gu) ?? []).map((part) => `"${part.replaceAll('"', '\\"')}"`).join(' ');
}

/** A `Dns` from a text that must be right; `next` knows nothing by default. */
function zoneDns(text: string, next: Dns = createMemoryDns()): Dns {
  const parsed = parseZoneFile(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return createZoneFileDns(parsed.zone, next);
}

const EXAMPLE = `; a comment
$TTL 1h30m
$ORIGIN Example.test.
@            IN SOA ns hostmaster\\.mail ( 2024010101 ; serial
                    1h 15m 1w
                    10m )
             NS  ns
             MX  10 mx
             IN 60 MX 20 mx.Other.test.
txt 1d IN    TXT "semi;colon" unquoted "\\"q\\" \\065\\\\"
bytes        TXT "\\255\\254"
mx           A 192.0.2.1 ; one
             A 192.0.2.1
             AAAA 2001:DB8:0:0::1
a.b          A 192.0.2.2
*            TXT "wild"
*.w          A 192.0.2.9
x.w          A 192.0.2.8
www          CNAME mx
out          30 CNAME there.other.test.
_25._tcp.mx  TLSA 3 1 1 ( 0123456789abcdef0123456789ABCDEF
                          0123456789abcdef0123456789abcdef )
$ORIGIN 2.0.192.in-addr.arpa.
1            PTR mx.example.test.
lone.test.   A 192.0.2.4
*.lists.test. A 127.0.0.2
`;

test.each<readonly [string, RecordType, object]>([
  [
    'example.test',
    'MX',
    {
      records: [
        { preference: 10, exchange: 'mx.example.test' },
        { preference: 20, exchange: 'mx.other.test' },
      ],
      ttlSeconds: 60,
    },
  ],
  ['txt.example.test', 'TXT', { records: ['semi;colonunquoted"q" A\\'], ttlSeconds: 86_400 }],
  ['bytes.example.test', 'TXT', { records: ['ÿþ'] }],
  ['mx.example.test', 'A', { records: ['192.0.2.1'], ttlSeconds: 5400 }],
  ['mx.example.test', 'AAAA', { records: ['2001:db8::1'] }],
  ['www.example.test', 'A', { records: ['192.0.2.1'] }],
  ['_25._tcp.mx.example.test', 'TLSA', { records: [{ usage: 3, selector: 1, matchingType: 1, data: { length: 32 } }] }],
  ['1.2.0.192.in-addr.arpa', 'PTR', { records: ['mx.example.test'] }],
  ['out.example.test', 'A', { records: ['198.51.100.7'], ttlSeconds: 30 }],
  // Empty non-terminals: they exist, so no wildcard covers them (RFC 4592 §2.2.2).
  ['b.example.test', 'TXT', { kind: 'nodata', ttlSeconds: 600 }],
  ['w.example.test', 'A', { kind: 'nodata' }],
  // Wildcards: only the one below the closest name that exists, and only for names that do not exist themselves.
  ['any.example.test', 'TXT', { records: ['wild'] }],
  ['any.thing.example.test', 'TXT', { records: ['wild'] }],
  ['any.example.test', 'A', { kind: 'nodata' }],
  ['mx.example.test', 'TXT', { kind: 'nodata' }],
  ['c.b.example.test', 'TXT', { kind: 'nxdomain', ttlSeconds: 600 }],
  ['deep.er.w.example.test', 'A', { records: ['192.0.2.9'] }],
  ['x.w.example.test', 'A', { records: ['192.0.2.8'] }],
  ['y.x.w.example.test', 'A', { kind: 'nxdomain' }],
  // Without SOA: the listed name is answered from the file alone, its neighbours are not its business.
  ['lone.test', 'MX', { kind: 'nodata' }],
  ['below.lone.test', 'A', { records: ['198.51.100.8'] }],
  ['4.3.2.1.lists.test', 'A', { records: ['127.0.0.2'] }],
  ['other.test', 'A', { kind: 'nxdomain' }],
])('%s %s', async (name, type, expected) => {
  const next = createMemoryDns({
    'there.other.test': { A: ['198.51.100.7'], authentic: true },
    'below.lone.test': { A: ['198.51.100.8'] },
    'example.test': { MX: [] },
    'lone.test': { MX: [{ preference: 1, exchange: 'wrong.test' }] },
  });
  expect(await zoneDns(EXAMPLE, next).lookup(name, type)).toMatchObject(expected);
});

test('what leaves the file is not authentic, however the rest is signed', async () => {
  const next = createMemoryDns({ 'there.test': { A: ['198.51.100.7'], authentic: true } });
  expect(await zoneDns('a.test. CNAME there.test.', next).lookup('a.test', 'A')).toMatchObject({ kind: 'found', authentic: false });
  expect(await zoneDns('', next).lookup('there.test', 'A')).toMatchObject({ authentic: true });
});

test('where no TTL is stated the last stated one holds, else 300', async () => {
  const dns = zoneDns('a.test. A 192.0.2.1\nb.test. 60 A 192.0.2.1\nc.test. A 192.0.2.1');
  const answers = await Promise.all(['a.test', 'b.test', 'c.test'].map(async (name) => dns.lookup(name, 'A')));
  expect(answers).toMatchObject([{ ttlSeconds: 300 }, { ttlSeconds: 60 }, { ttlSeconds: 60 }]);
});

describe('mistakes are one line with their number', () => {
  test.each([
    ['mx A 192.0.2.1', 'line 1: "mx" is not absolute (no final dot) and there is no $ORIGIN'],
    ['@ A 192.0.2.1', 'line 1: "@" is not absolute'],
    ['\n\na.test. MX 10 mx', 'line 3: "mx" is not absolute'],
    ['   A 192.0.2.1', 'line 1: the first record needs an owner'],
    ['a.test. A 192.0.2.256', 'line 1: "192.0.2.256" is no IPv4 address'],
    ['a.test. A', 'line 1: the record needs one IPv4 address, not 0 words'],
    ['a.test. AAAA fe80::1%eth0', 'line 1: "fe80::1%eth0" is no IPv6 address'],
    ['a.test. MX mx.test. 10', 'line 1: "mx.test." is no preference (0 to 65535)'],
    ['a.test. MX 65536 mx.test.', 'line 1: "65536" is no preference'],
    ['a.test. SRV 0 0 25 b.test.', 'line 1: type "SRV" is not supported (A, AAAA, MX, TXT, PTR, NS, TLSA, CNAME, SOA)'],
    ['a.test. CH A 192.0.2.1', 'line 1: class CH is not supported'],
    ['a.test. 300 IN', 'line 1: the record has no type'],
    ['$TTL soon', 'line 1: "soon" is no TTL'],
    ['$TTL 99999999999', 'line 1: "99999999999" is no TTL'],
    ['$INCLUDE other', 'line 1: $INCLUDE is not supported'],
    ['$ORIGIN a.test. b.test.', 'line 1: $ORIGIN needs one value'],
    ['a..test. A 192.0.2.1', 'line 1: "a..test." is no domain name'],
    ['a.test. TXT "open', 'line 1: a quoted string has no end'],
    [`a.test. TXT "${'x'.repeat(256)}"`, 'line 1: a string of more than 255 octets'],
    ['a.test. TXT "\\256"', 'line 1: bad escape'],
    ['a.test. TXT', 'line 1: a TXT record needs a string'],
    ['a.test. TXT (\n"a"\n', 'line 1: a "(" without its ")"'],
    ['a.test. TXT a )', 'line 1: a ")" without its "("'],
    ['a.test. TLSA 3 1 1 abc', 'line 1: TLSA data must be hexadecimal'],
    ['a.test. TLSA 3 1 1 abcd', 'line 1: TLSA data of matching type 1 must have 64'],
    ['a.test. SOA ns.test. me.test. 1 1 1 1', 'line 1: the record needs seven fields'],
    ['a.test. SOA ns.test. me.test. 1 1 1 1 x', 'line 1: a SOA record needs times'],
    ['a.test. A 192.0.2.1\na.test. CNAME b.test.', 'line 2: a.test has a CNAME record and another record'],
    ['a.test. CNAME b.test.\na.test. CNAME c.test.', 'line 2: a.test has a CNAME record and another record'],
    ['a.test. TXT (\n  "a"\n)\nb.test. X y', 'line 4: type "X" is not supported'],
  ])('%j', (text, error) => {
    const parsed = parseZoneFile(text);
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining(error) });
    expect(parsed.ok ? '' : parsed.error).toMatch(/^line \d+: .+$/u);
  });

  test('no text makes the parser throw', () => {
    const words = fc.constantFrom(
      'a.test.',
      '@',
      '*',
      '$ORIGIN',
      '$TTL',
      'A',
      'MX',
      'TXT',
      '(',
      ')',
      '"',
      ';',
      '\\',
      '\n',
      ' ',
      '1h',
      '\u{2028}',
      '\u{e9}',
      '192.0.2.1',
      '\r\n',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ unit: 'binary-ascii', maxLength: 4 })), { maxLength: 30 }), (parts) => {
        const parsed = parseZoneFile(parts.join(''));
        expect(parsed.ok || /^line \d+: [^\r\n]+$/u.test(parsed.error)).toBe(true);
      }),
      { numRuns: 500 },
    );
    for (const huge of ['x'.repeat(8e6), `"${'x'.repeat(8e6)}`, '('.repeat(1e6), ' '.repeat(8e6)]) {
      expect(parseZoneFile(huge)).toHaveProperty('ok');
    }
  });
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MemoryRecords } from './memory.ts';
import type { Answer, Dns, RecordType } from './port.ts';

/** A running implementation, and how to end it. */
export interface ContractDns {
  readonly dns: Dns;
  close?(): Promise<void>;
}

const digest = new Uint8Array(32).fill(7);

/**
 * What the implementation has to answer from. Everything below `zone.test` is plain data of a zone with negative TTL 300; names below
 * `elsewhere.test` are faults and targets of CNAMEs that leave the zone.
 */
const CONTRACT_RECORDS: MemoryRecords = {
  'zone.test': {
    MX: [
      { preference: 10, exchange: 'mx.zone.test' },
      { preference: 20, exchange: 'mx2.zone.test' },
    ],
    TXT: ['v=spf1 -all'],
    NS: ['ns1.zone.test', 'ns2.elsewhere.test'],
  },
  'mx.zone.test': { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] },
  'null.zone.test': { MX: [{ preference: 0, exchange: '' }] },
  'long.zone.test': { TXT: [`${'x'.repeat(255)}${'y'.repeat(200)}`, 'háčky; "quoted"'] },
  '1.2.0.192.in-addr.zone.test': { PTR: ['mx.zone.test'] },
  '_25._tcp.mx.zone.test': { TLSA: [{ usage: 3, selector: 1, matchingType: 1, data: digest }] },
  'alias.zone.test': { CNAME: 'alias2.zone.test', ttlSeconds: 60 },
  'alias2.zone.test': { CNAME: 'mx.zone.test', ttlSeconds: 900 },
  'out.zone.test': { CNAME: 'target.elsewhere.test' },
  'dangling.zone.test': { CNAME: 'missing.zone.test' },
  'loop.zone.test': { CNAME: 'loop2.zone.test' },
  'loop2.zone.test': { CNAME: 'loop.zone.test' },
  'target.elsewhere.test': { A: ['192.0.2.3'], ttlSeconds: 30 },
  'servfail.elsewhere.test': 'servfail',
  'refused.elsewhere.test': 'refused',
  'malformed.elsewhere.test': 'malformed',
  'timeout.elsewhere.test': 'timeout',
};

type Row = readonly [name: string, type: RecordType, expected: object];

const FOUND: readonly Row[] = [
  ['mx.zone.test', 'A', { kind: 'found', records: ['192.0.2.1', '192.0.2.2'], ttlSeconds: 300 }],
  ['MX.Zone.TEST.', 'AAAA', { kind: 'found', records: ['2001:db8::1'] }],
  ['zone.test', 'NS', { kind: 'found', records: ['ns1.zone.test', 'ns2.elsewhere.test'], ttlSeconds: 300 }],
  ['null.zone.test', 'MX', { kind: 'found', records: [{ preference: 0, exchange: '' }] }],
  ['long.zone.test', 'TXT', { kind: 'found', records: [`${'x'.repeat(255)}${'y'.repeat(200)}`, 'háčky; "quoted"'] }],
  ['1.2.0.192.in-addr.zone.test', 'PTR', { kind: 'found', records: ['mx.zone.test'] }],
  ['_25._tcp.mx.zone.test', 'TLSA', { kind: 'found', records: [{ usage: 3, selector: 1, matchingType: 1, data: digest }] }],
  ['alias.zone.test', 'A', { kind: 'found', records: ['192.0.2.1', '192.0.2.2'], ttlSeconds: 60 }],
  ['out.zone.test', 'A', { kind: 'found', records: ['192.0.2.3'], ttlSeconds: 30 }],
];

const ABSENT: readonly Row[] = [
  ['mx.zone.test', 'TXT', { kind: 'nodata', ttlSeconds: 300 }],
  ['alias.zone.test', 'MX', { kind: 'nodata', ttlSeconds: 60 }],
  ['missing.zone.test', 'A', { kind: 'nxdomain', ttlSeconds: 300 }],
  ['dangling.zone.test', 'A', { kind: 'nxdomain' }],
  [`${'a'.repeat(64)}.zone.test`, 'A', { kind: 'nxdomain' }],
  [`${'a.'.repeat(130)}zone.test`, 'A', { kind: 'nxdomain' }],
  ['two..dots.zone.test', 'A', { kind: 'nxdomain' }],
  ['line\r\nbreak.zone.test', 'A', { kind: 'nxdomain' }],
];

const FAULTS: readonly Row[] = [
  ['servfail.elsewhere.test', 'A', { kind: 'fault', fault: 'servfail' }],
  ['refused.elsewhere.test', 'A', { kind: 'fault', fault: 'refused' }],
  ['malformed.elsewhere.test', 'A', { kind: 'fault', fault: 'malformed' }],
  ['timeout.elsewhere.test', 'A', { kind: 'fault', fault: 'timeout' }],
  ['loop.zone.test', 'A', { kind: 'fault', fault: 'malformed' }],
];

const KINDS: ReadonlySet<Answer<RecordType>['kind']> = new Set(['found', 'nodata', 'nxdomain', 'fault']);

/**
 * The suite every `Dns` passes. `makeDns` gets the records to answer from; how they come to the implementation is its business. Its
 * deadline should be some hundred milliseconds.
 */
export function dnsContract(name: string, makeDns: (records: MemoryRecords) => Promise<ContractDns>): void {
  describe(`${name} keeps the contract of Dns`, () => {
    let made: ContractDns;
    beforeAll(async () => {
      made = await makeDns(CONTRACT_RECORDS);
    });
    afterAll(async () => {
      await made.close?.();
    });

    test.each([...FOUND, ...ABSENT, ...FAULTS])('%s %s', async (asked, type, expected) => {
      expect(await made.dns.lookup(asked, type)).toMatchObject(expected);
    });

    test('MX records come with preference and exchange', async () => {
      const answer = await made.dns.lookup('zone.test', 'MX');
      expect(answer.kind === 'found' ? answer.records.map((mx) => `${mx.preference} ${mx.exchange}`) : answer).toEqual([
        '10 mx.zone.test',
        '20 mx2.zone.test',
      ]);
    });

    test('a fault says why in one line', async () => {
      const answer = await made.dns.lookup('servfail.elsewhere.test', 'A');
      expect(answer).toMatchObject({ kind: 'fault', detail: expect.stringMatching(/^.+$/u) });
    });

    test('an aborted signal ends a look-up at once', async () => {
      expect(await made.dns.lookup('mx.zone.test', 'A', { signal: AbortSignal.abort() })).toMatchObject({
        kind: 'fault',
        fault: 'aborted',
      });
    });

    test('an abort afterwards changes nothing', async () => {
      const abort = new AbortController();
      const answer = await made.dns.lookup('mx.zone.test', 'A', { signal: abort.signal });
      abort.abort();
      expect(answer).toMatchObject({ kind: 'found' });
    });

    test('no name makes it reject', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: 'binary-ascii', maxLength: 80 }),
          fc.constantFrom('', '.', '.zone.test', '\u{e9}', '\u{2028}.test', '\u{d800}'),
          async (text, end) => {
            expect(KINDS).toContain((await made.dns.lookup(`${text}${end}`, 'TXT')).kind);
          },
        ),
        { numRuns: 40 },
      );
    });
  });
}

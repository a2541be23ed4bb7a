import { expect, test } from 'vitest';
import { host, KEY, SITE, wanted } from './looks.fixture.ts';
import { mxRecordsOf, recordData, tlsaRecordsOf, wantedOf, zoneText } from './wanted.ts';

test.each([
  ['a', ['10 a10', '20 a20']],
  ['b', ['10 b10', '20 c20']],
  ['c', ['10 c10', '20 c20']],
  ['d', ['10 d10', '20 b20']],
] as const)('policy %s has the MX records %j', (letter, records) => {
  expect(mxRecordsOf(wanted(letter)).map(recordData)).toEqual(records.map((record) => record.replace(/\w+$/u, (id) => `${host(id)}.`)));
});

test('all seven hosts are known as ours', () => expect(wanted().ours.size).toBe(7));

test('each host has a TLSA record for each key, the tarpit only when it speaks TLS', () => {
  const namesOf = (letter: 'c' | 'd', tarpitSpeaksTls: boolean) =>
    tlsaRecordsOf(wantedOf({ name: 'firma.cz', letter }, SITE, { digests: ['aa', 'bb'], tarpitSpeaksTls })).map(({ name }) => name);
  const at = (id: string) => `_25._tcp.${host(id)}`;
  expect(namesOf('d', false)).toEqual([at('d10'), at('d10'), at('b20'), at('b20')]);
  expect(namesOf('c', false)).toEqual([at('c10'), at('c10')]);
  expect(namesOf('c', true)).toEqual([at('c10'), at('c10'), at('c20'), at('c20')]);
});

test('a zone file takes the text', () => {
  const records = [...mxRecordsOf(wanted()), ...tlsaRecordsOf(wanted())];
  expect(zoneText(records, 3600).split('\n')).toEqual([
    'firma.cz. 3600 IN MX 10 mx1d10.thinline.example.',
    'firma.cz. 3600 IN MX 20 mx1b20.thinline.example.',
    `_25._tcp.mx1d10.thinline.example. 3600 IN TLSA 3 1 1 ${KEY}`,
    `_25._tcp.mx1b20.thinline.example. 3600 IN TLSA 3 1 1 ${KEY}`,
    '',
  ]);
});

import { expect, test } from 'vitest';
import { dnsContract } from './contract.ts';
import { createMemoryDns } from './memory.ts';

dnsContract('memory', (records) => Promise.resolve({ dns: createMemoryDns(records) }));

test('questions are counted, whatever their answer', async () => {
  const dns = createMemoryDns({ 'example.test': { A: ['192.0.2.1'] } });
  await dns.lookup('Example.TEST.', 'A');
  await dns.lookup('missing.test', 'MX');
  expect(dns.queries).toEqual([
    { name: 'example.test', type: 'A' },
    { name: 'missing.test', type: 'MX' },
  ]);
});

test('a fault may belong to one type, and names may change', async () => {
  const dns = createMemoryDns({ 'example.test': { MX: 'timeout', A: ['192.0.2.1'], authentic: true } });
  expect(await dns.lookup('example.test', 'MX')).toMatchObject({ kind: 'fault', fault: 'timeout' });
  expect(await dns.lookup('example.test', 'A')).toMatchObject({ kind: 'found', authentic: true });
  dns.set('example.test', { A: [] });
  expect(await dns.lookup('example.test', 'A')).toMatchObject({ kind: 'nodata' });
  dns.remove('example.test');
  expect(await dns.lookup('example.test', 'A')).toMatchObject({ kind: 'nxdomain' });
});

test('a listed name that is none is a mistake of the test', () => {
  expect(() => createMemoryDns({ 'two..dots': 'servfail' })).toThrow('"two..dots" is no domain name');
  expect(() => createMemoryDns({ 'a.test': { CNAME: 'two..dots' } })).toThrow('"two..dots" is no domain name');
});

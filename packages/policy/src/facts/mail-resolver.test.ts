import { createMemoryDns } from '@vratny/dns/memory';
import { describe, expect, it } from 'vitest';
import { mailResolver } from './mail-resolver.ts';

const dns = createMemoryDns({
  'all.test': {
    A: ['192.0.2.1'],
    AAAA: ['2001:db8::1'],
    TXT: ['v=spf1 -all', 'two'],
    MX: [{ preference: 10, exchange: 'mx.all.test' }],
    PTR: ['host.test'],
  },
  'alias.test': { CNAME: 'all.test' },
  'late.test': 'timeout',
  'broken.test': 'servfail',
  'closed.test': 'refused',
  'torn.test': 'malformed',
  'gone.test': 'unreachable',
});
const resolve = (name: string, type: string, signal = new AbortController().signal) => mailResolver(dns, signal)(name, type);

describe('mailResolver', () => {
  it.each<[string, string, unknown]>([
    ['all.test', 'A', ['192.0.2.1']],
    ['all.test', 'AAAA', ['2001:db8::1']],
    ['all.test', 'TXT', [['v=spf1 -all'], ['two']]],
    ['all.test', 'txt', [['v=spf1 -all'], ['two']]],
    ['all.test', 'MX', [{ priority: 10, exchange: 'mx.all.test' }]],
    ['all.test', 'PTR', ['host.test']],
    ['alias.test', 'A', ['192.0.2.1']],
  ])('%s %s', async (name, type, records) => expect(await resolve(name, type)).toEqual(records));

  it.each([
    ['none.test', 'A', 'ENOTFOUND'],
    ['alias.test', 'SRV', 'ENODATA'],
    ['late.test', 'TXT', 'ETIMEOUT'],
    ['broken.test', 'TXT', 'ESERVFAIL'],
    ['closed.test', 'TXT', 'EREFUSED'],
    ['torn.test', 'TXT', 'EBADRESP'],
    ['gone.test', 'TXT', 'ECONNREFUSED'],
  ])('%s %s: %s', async (name, type, code) => await expect(resolve(name, type)).rejects.toMatchObject({ code }));

  it('ends with the fact', async () => {
    await expect(resolve('all.test', 'A', AbortSignal.abort())).rejects.toMatchObject({ code: 'ECANCELLED' });
  });
});

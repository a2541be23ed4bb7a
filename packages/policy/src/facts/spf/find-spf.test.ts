import { createMemoryDns, type MemoryRecords } from '@vratny/dns/memory';
import { describe, expect, it } from 'vitest';
import { mailResolver } from '../mail-resolver.ts';
import { checkHost, type SpfQuestion, targetName } from './find-spf.ts';
import { formatSpf } from './format-spf.ts';

async function check(records: MemoryRecords, question: Partial<SpfQuestion>) {
  const asked = { sender: 'a@sender.test', helo: 'client.test', ip: '192.0.2.1', mta: 'mx.test', ...question };
  const answer = await checkHost(asked, mailResolver(createMemoryDns(records), new AbortController().signal));
  return { ...answer, ...formatSpf(asked, answer) };
}

const NAMES = ['my_pc', '_a', 'a_', '-a', 'a', 'xn--bcher-kva', '_x._y'];
/** As `*.wild.test TXT "v=spf1 -all"` answers. */
const WILD: MemoryRecords = Object.fromEntries(NAMES.map((name) => [`${name}.wild.test`, { TXT: ['v=spf1 -all'] }]));

describe('check_host', () => {
  it.each([
    'my_pc.wild.test',
    '_a.wild.test',
    'a_.wild.test',
    '-a.wild.test',
    'xn--bcher-kva.wild.test',
    'bücher.wild.test',
    '_x._y.wild.test',
  ])('asks for the record of %s as sender and as HELO name (RFC 7208 §4.3)', async (name) => {
    expect(await check(WILD, { sender: `a@${name}` })).toMatchObject({ result: 'fail' });
    expect(await check(WILD, { sender: undefined, helo: name })).toMatchObject({ result: 'fail' });
  });

  it('takes a HELO name with its final dot', async () => {
    expect(await check(WILD, { sender: undefined, helo: 'a.wild.test.' })).toMatchObject({ result: 'fail', domain: 'a.wild.test' });
  });

  it.each(['localhost', '[192.0.2.1]', '192.0.2.1', 'a..wild.test', `${'a'.repeat(64)}.wild.test`])('has none for %s', async (helo) => {
    expect(await check(WILD, { sender: undefined, helo })).toMatchObject({ result: 'none' });
  });

  it('has no answer when something is wrong that is not of DNS: our bugs are nobody else’s records', async () => {
    const bug = () => Promise.reject(new TypeError('x is not a function'));
    await expect(checkHost({ sender: 'a@b.test', helo: 'h.test', ip: '192.0.2.1', mta: 'mx.test' }, bug)).rejects.toThrow(TypeError);
  });

  it('follows names with underscores in a record, as includes and redirects have them', async () => {
    const records = {
      'sender.test': { TXT: ['v=spf1 include:_spf.sender.test redirect=_r.sender.test'] },
      '_spf.sender.test': { TXT: ['v=spf1 -all'] },
      '_r.sender.test': { TXT: ['v=spf1 +all'] },
    };
    expect(await check(records, {})).toMatchObject({ result: 'pass' });
  });

  it.each([
    ['a record without end', `v=spf1 ${'ip4:192.0.2.1 '.repeat(1000)}`, /^permerror/u],
    ['macros without end', `v=spf1 exists:${'%{d}'.repeat(2000)}.test -all`, /^fail/u],
    ['mechanisms without end', `v=spf1 ${'a '.repeat(3000)}-all`, /^permerror/u],
  ])('is bounded: %s', async (_what, record, result) => {
    expect((await check({ 'sender.test': { TXT: [record], A: ['192.0.2.9'] } }, {})).result).toMatch(result);
  });

  it('does not count texts that are no SPF record', async () => {
    const TXT = [...Array.from({ length: 500 }, (_, i) => `verification=${i}`), 'x'.repeat(60_000), 'v=spf1 +all'];
    expect(await check({ 'sender.test': { TXT } }, {})).toMatchObject({ result: 'pass' });
    expect(await check({ 'sender.test': { TXT: [...TXT, 'v=spf1 -all'] } }, {})).toMatchObject({ result: 'permerror' });
  });

  it('writes what was asked, and no value that cannot be folded', async () => {
    const { header, info } = await check(WILD, { sender: 'a b@my_pc.wild.test', helo: `${'h'.repeat(500)}.test` });
    expect(header).toMatch(/^Received-SPF: fail \(.*\) client-ip=192\.0\.2\.1; envelope-from="a b@my_pc\.wild\.test";$/u);
    expect(info).toMatch(/^spf=fail \(.*\) smtp\.mailfrom=my_pc\.wild\.test$/u);
  });
});

const LONG = 'a'.repeat(63);

describe('the name whose SPF record is asked for', () => {
  it.each([
    ['my_pc.wild.test', 'my_pc.wild.test'],
    ['_a.wild.test', '_a.wild.test'],
    ['_dmarc._tcp.wild.test', '_dmarc._tcp.wild.test'],
    ['a_.wild.test', 'a_.wild.test'],
    ['-a-.wild.test', '-a-.wild.test'],
    ['xn--bcher-kva.test', 'xn--bcher-kva.test'],
    ['bücher.test', 'xn--bcher-kva.test'],
    ['HOST.Test', 'host.test'],
    ['host.test.', 'host.test'],
    ['1.2.3.test', '1.2.3.test'],
    ['a.b', 'a.b'],
    ['host.xn--p1ai', 'host.xn--p1ai'],
    [`${LONG}.test`, `${LONG}.test`],
    [`${LONG}.${LONG}.${LONG}.${'a'.repeat(61)}`, `${LONG}.${LONG}.${LONG}.${'a'.repeat(61)}`],
  ])('%s', (written, name) => {
    expect(targetName(written)).toBe(name);
  });

  it.each([
    '',
    '.',
    'localhost',
    'localhost.',
    'a..test',
    '.test',
    'host.test..',
    `a${LONG}.test`,
    `${LONG}.${LONG}.${LONG}.${LONG}`,
    '[192.0.2.1]',
    '192.0.2.1',
    '[IPv6:::1]',
    'a b.test',
    'a\u0000.test',
    'x'.repeat(100_000),
  ])('malformed: %s', (written) => {
    expect(targetName(written)).toBeUndefined();
  });
});

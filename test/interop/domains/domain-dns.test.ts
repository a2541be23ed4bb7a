import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProgram } from '@vratny/daemons';
import { runToEnd } from '@vratny/support/running-program';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findResolverAddress } from '../dns/find-port.ts';
import type { NameServer } from '../dns/name-server.ts';
import { type Knot, startKnot } from './knot.ts';
import { startResolver } from './resolver.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Of records: what a cache keeps runs out within the test, and not between two looks on a busy machine. */
const TTL_SECONDS = 12;
const NS = ['@ NS ns1.nic.test.', '@ NS ns2.nic.test.'];
const RIGHT = [...NS, '@ MX 10 mx1d10.cluster.test.', '@ MX 20 mx1b20.cluster.test.'];
const OF_B = [...NS, '@ MX 10 mx1b10.cluster.test.', '@ MX 20 mx1c20.cluster.test.'];
const HOSTS = ['a10', 'b10', 'c10', 'd10', 'a20', 'b20', 'c20'];
const DOMAINS = ['right', 'stale', 'lame', 'alias', 'bogus', 'moving', 'silent', 'gone'].map((name) => `${name}.test`);

const folder = makeTemporaryFolder('domain-dns');
const siteFile = join(folder.path, 'site.yaml');
const running: NameServer[] = [];
let first: Knot;
let second: Knot;

async function started<Server extends NameServer>(server: Promise<Server>): Promise<Server> {
  const one = await server;
  running.push(one);
  return one;
}

beforeAll(async () => {
  const cluster = { 'cluster.test': [...NS, ...HOSTS.map((id) => `mx1${id} A 192.0.2.1`)] };
  const alias = { 'alias.test': [...NS, '@ MX 10 mail', 'mail CNAME mx1d10.cluster.test.'] };
  const same = ['right', 'moving', 'bogus', 'silent'].map((name) => [`${name}.test`, RIGHT] as const);
  const both = { ...cluster, ...alias, ...Object.fromEntries(same) };
  const firstAt = await findResolverAddress();
  first = await started(startKnot(firstAt, { ...both, 'stale.test': RIGHT, 'lame.test': RIGHT }, { ttlSeconds: TTL_SECONDS }));
  const secondAt = await findResolverAddress();
  second = await started(startKnot(secondAt, { ...both, 'stale.test': OF_B }, { ttlSeconds: TTL_SECONDS }));
  const topAt = await findResolverAddress();
  const delegated = [...DOMAINS, 'cluster.test'].filter((name) => !['gone.test', 'silent.test'].includes(name));
  const top = [
    '@ NS a.nic.test.',
    `a.nic A ${topAt}`,
    `ns1.nic A ${firstAt}`,
    `ns2.nic A ${secondAt}`,
    // Nobody has port 53 there.
    'ns3.nic A 127.53.9.9',
    'sign A 192.0.2.1',
    ...delegated.flatMap((name) => [`${name}. NS ns1.nic.test.`, `${name}. NS ns2.nic.test.`]),
    ...['ns1', 'ns2', 'ns3'].map((name) => `silent.test. NS ${name}.nic.test.`),
  ];
  await started(startKnot(topAt, { test: top }, { ttlSeconds: TTL_SECONDS }));
  const resolver = await started(startResolver({ topLevelServer: topAt, sign: 'sign.test' }));
  const anchor = `bogus.test. IN DS 12345 13 2 ${'ab'.repeat(32)}`;
  const strict = await started(startResolver({ topLevelServer: topAt, sign: 'sign.test', trustAnchors: [anchor] }));
  const site = {
    cluster: { name: 'mx1', domain: 'cluster.test' },
    dns: { servers: [resolver.address, strict.address] },
    networks: { own: ['127.0.0.0/8'] },
  };
  writeFileSync(siteFile, JSON.stringify(site));
  writeFileSync(join(folder.path, 'outside.yaml'), JSON.stringify({ ...site, networks: {} }));
  const records = join(folder.path, 'domains.ndjson');
  writeFileSync(records, DOMAINS.map((domain) => `${JSON.stringify({ domain, policy: 'd' })}\n`).join(''));
  expect(await mxctl('import', records)).toMatchObject({ code: 0 });
});

afterAll(async () => {
  for (const one of running.toReversed()) await one[Symbol.asyncDispose]();
  folder.remove();
});

const command = (config: string, args: readonly string[]) => [join(ROOT, 'cmd', 'mxctl', 'src', 'main.ts'), '--config', config, ...args];

async function mxctl(...args: readonly string[]) {
  const ran = await runToEnd(process.execPath, command(siteFile, args));
  return { code: ran.ending(), out: ran.stdout(), err: ran.stderr() };
}

interface Told {
  readonly state: string;
  readonly sentence: string;
  readonly alarm: boolean;
  readonly evidence: readonly { readonly source: string; readonly who: string; readonly verdict?: string; readonly says: string }[];
}

async function look(domain: string): Promise<Told & { readonly code: unknown }> {
  const { code, out } = await mxctl('--json', 'domain', 'dns', domain);
  return { code, ...(JSON.parse(out) as Told) };
}

describe('one look at real name servers', () => {
  test('right: each name server and each resolver says so', async () => {
    const told = await look('right.test');
    expect(told).toMatchObject({
      code: 0,
      state: 'right',
      sentence: 'The DNS of right.test is right: it names the hosts of policy d.',
    });
    expect(told.evidence.map(({ source, who, verdict }) => `${source} ${source === 'resolver' ? '' : who} ${verdict ?? ''}`)).toEqual([
      'name server ns1.nic.test right',
      'name server ns2.nic.test right',
      'resolver  right',
      'resolver  right',
    ]);
    const { out } = await mxctl('domain', 'dns', 'right.test');
    expect(out).toContain('10 mx1d10.cluster.test, 20 mx1b20.cluster.test');
  });

  test.each([
    ['stale.test', 1, 'partly', /^1 of 2 name servers does not have the new records: ns2\.nic\.test .*hosts of policy b\.$/u],
    ['lame.test', 1, 'partly', /^1 of 2 name servers does not serve lame\.test \(ns2\.nic\.test \([\d.]+\): REFUSED\)/u],
    ['alias.test', 1, 'wrong', /^An MX record names mail\.alias\.test, which is another name for mx1d10\.cluster\.test/u],
    ['bogus.test', 1, 'partly', /DNSSEC signatures are not: resolvers that check them \(127\.0\.0\.1:\d+\)/u],
    ['silent.test', 0, 'right', /ns3\.nic\.test \(127\.53\.9\.9\) does not answer\.$/u],
    ['gone.test', 1, 'wrong', /^gone\.test does not exist in DNS\.$/u],
  ])('%s', async (domain, code, state, sentence) => {
    expect(await look(domain)).toMatchObject({ code, state, sentence: expect.stringMatching(sentence), alarm: false });
  });

  test('lists the domains that stand in a state', async () => {
    const { code, out } = await mxctl('--json', 'domain', 'list', '--state', 'wrong', 'partly');
    expect(code).toBe(0);
    const rows = JSON.parse(out) as readonly { readonly name: string; readonly state: string }[];
    const of = (state: string) => rows.filter((row) => row.state === state).map(({ name }) => name);
    expect(of('wrong')).toEqual(['alias.test', 'gone.test']);
    expect(of('partly')).toEqual(['bogus.test', 'lame.test', 'stale.test']);
    const text = await mxctl('domain', 'list', '--state', 'wrong', '--match', 'gone');
    expect(text.out).toMatch(/^gone\.test +d +wrong +gone\.test does not exist in DNS\./mu);
    expect((await mxctl('domain', 'list', '--state', 'bad')).code).toBe(64);
  });

  test('name servers at private addresses are not asked unless they are ours', async () => {
    const ran = await runToEnd(process.execPath, command(join(folder.path, 'outside.yaml'), ['--json', 'domain', 'dns', 'right.test']));
    expect(ran.ending()).toBe(75);
    expect(JSON.parse(ran.stdout())).toMatchObject({
      state: 'unknown',
      sentence: expect.stringContaining('have addresses that are not public'),
    });
  });
});

test('a policy changes: wrong, partly while one server is behind, spreading while a cache is, right', async () => {
  await mxctl('domain', 'policy', 'moving.test', 'd');
  for (const server of [first, second]) server.change('moving.test', RIGHT);
  // Then the resolvers' caches hold the records of d.
  await waitFor('it is right', async () => ((await look('moving.test')).state === 'right' ? true : undefined));
  await mxctl('domain', 'policy', 'moving.test', 'b');
  const watch = startProgram(process.execPath, command(siteFile, ['--json', 'domain', 'dns', 'moving.test', '--watch', '--every', '2']));
  const told = (): readonly Told[] =>
    watch
      .stdout()
      .split('\n')
      // Behind the last line break stands what is still being written.
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Told);
  const explain = () => `${watch.stderr()}\n${watch.stdout()}`;
  const seen = (state: string) => waitFor(`it is ${state}`, () => told().find((one) => one.state === state), { explain });
  await waitFor('it alarms', () => told().find((one) => one.alarm), { explain });
  expect(told()[0]).toMatchObject({ state: 'wrong', sentence: expect.stringContaining('still name the hosts of policy d'), alarm: false });
  first.change('moving.test', OF_B);
  await seen('partly');
  second.change('moving.test', OF_B);
  await seen('right');
  await watch.ended;
  expect(watch.ending()).toBe(0);
  const states = told().map(({ state }) => state);
  expect(states.filter((state, index) => state !== states[index - 1])).toEqual(['wrong', 'partly', 'spreading', 'right']);
});

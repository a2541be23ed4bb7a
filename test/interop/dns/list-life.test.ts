import type { Dns, Dnsbl } from '@vratny/dns';
import { createDnsbl } from '@vratny/dns/dnsbl';
import { scriptRecords, startScriptedServer } from '@vratny/dns/scripted';
import { createSystemDns } from '@vratny/dns/system';
import { waitFor } from '@vratny/support/wait-for';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Rbldnsd, startRbldnsd } from './rbldnsd.ts';
import { startUnbound, type Unbound } from './unbound.ts';

const ZONE = 'bl.test';
const LISTED = '192.0.2.66';
const CLIENT = '192.0.2.1';

let rbldnsd: Rbldnsd;
let unbound: Unbound;
let lists: Dnsbl;
/** Questions to DNS so far. */
let asked = 0;

beforeAll(async () => {
  rbldnsd = await startRbldnsd(ZONE, [LISTED]);
  unbound = await startUnbound({ records: [], stubs: { [ZONE]: rbldnsd.address.replace(':', '@') } });
});
afterAll(async () => {
  await unbound?.[Symbol.asyncDispose]();
  await rbldnsd?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const dns = createSystemDns({ servers: [unbound.address], timeoutMs: 1500 });
  const counted: Dns = {
    lookup: (...question) => {
      asked += 1;
      return dns.lookup(...question);
    },
  };
  lists = createDnsbl({ dns: counted, zones: [{ zone: ZONE, codes: ['127.0.0.2'] }], now: () => new Date() });
  await wellAgain();
});
afterEach(() => lists.close());

/** unbound remembers for a moment that a server did not answer. */
const wellAgain = () =>
  waitFor('the list is well', async () => ((await lists.test()).every((health) => health.state === 'well') ? true : undefined), {
    explain: () => `${JSON.stringify(lists.health())}\n${rbldnsd.log()}\n${unbound.log()}`,
  });

test('a client that stands on the list is listed, with the list’s words', async () => {
  expect((await lists.ask(LISTED)).listings).toEqual([
    { zone: ZONE, codes: ['127.0.0.2'], text: `seen in a spam trap, see https://list.test/${LISTED}` },
  ]);
  expect(await lists.ask(CLIENT)).toEqual({ listings: [], skipped: [] });
  expect(await lists.ask('2001:db8::1')).toEqual({ listings: [], skipped: [] });
  expect(lists.health()).toMatchObject([{ lastAnswers: { listed: '127.0.0.2', unlisted: 'not listed' } }]);
});

describe('a list that is not well', () => {
  test.each<readonly [string, () => Promise<void> | void, () => Promise<void> | void]>([
    ['killed', () => rbldnsd.stop(), () => rbldnsd.start()],
    ['silent', () => rbldnsd.signal('SIGSTOP'), () => rbldnsd.signal('SIGCONT')],
    ['listing the world', () => listAlso(['0.0.0.0/0']), () => listAlso([])],
    ['listing 127.0.0.1', () => listAlso(['127.0.0.1']), () => listAlso([])],
  ])('%s: nobody is refused, it is muted within one test, and it is back when it is well', async (_what, breakIt, mendIt) => {
    await breakIt();
    expect((await lists.test()).map((health) => health.state)).toEqual(['muted']);
    const before = asked;
    for (const ip of [CLIENT, LISTED]) expect(await lists.ask(ip)).toMatchObject({ listings: [], skipped: [{ zone: ZONE }] });
    // A list that is muted is not asked, so nobody waits for it.
    expect(asked).toBe(before);
    await mendIt();
    await wellAgain();
    expect((await lists.ask(LISTED)).listings).toHaveLength(1);
    expect((await lists.ask(CLIENT)).listings).toEqual([]);
  });

  test.each<readonly [string, string, () => Promise<void> | void, () => Promise<void> | void]>([
    ['killed', '192.0.2.10', () => rbldnsd.stop(), () => rbldnsd.start()],
    ['silent', '192.0.2.11', () => rbldnsd.signal('SIGSTOP'), () => rbldnsd.signal('SIGCONT')],
  ])('%s between two tests: the first client mutes it', async (_what, client, breakIt, mendIt) => {
    await breakIt();
    try {
      expect(await lists.ask(client)).toMatchObject({ listings: [], skipped: [{ zone: ZONE }] });
      expect(lists.health()).toMatchObject([{ state: 'muted' }]);
    } finally {
      await mendIt();
    }
  });
});

async function listAlso(more: readonly string[]): Promise<void> {
  rbldnsd.write([LISTED, ...more]);
  await rbldnsd.stop();
  await rbldnsd.start();
}

/** A list that says something odd about a client while its test entries are right, then about everything, then is mended. */
describe.each(['127.255.255.254', '127.255.255.255', '198.51.100.7'])('a list that answers %s', (code) => {
  test('refuses nobody, is muted by the first such answer, stays so while its test fails, and is back when it is well', async () => {
    const well = { [`2.0.0.127.${ZONE}`]: { A: ['127.0.0.2'], ttlSeconds: 0 } };
    const odd = { A: [code], ttlSeconds: 0 };
    let records: Parameters<typeof scriptRecords>[0] = { ...well, [`1.2.0.192.${ZONE}`]: odd };
    const server = await startScriptedServer((query) => scriptRecords(records)(query));
    const dns = createSystemDns({ servers: [server.address] });
    const scripted = createDnsbl({ dns, zones: [{ zone: ZONE, codes: ['127.0.0.2', code] }], now: () => new Date() });
    const detail = `it answers ${code}, which no listing is`;
    try {
      expect(await scripted.ask(CLIENT)).toEqual({ listings: [], skipped: [{ zone: ZONE, detail }] });
      expect(scripted.health()).toMatchObject([{ state: 'muted', detail }]);
      records = { [`2.0.0.127.${ZONE}`]: odd };
      expect(await scripted.test()).toMatchObject([{ state: 'muted', detail }]);
      records = { ...well, [`66.2.0.192.${ZONE}`]: { A: ['127.0.0.2'] } };
      expect(await scripted.test()).toMatchObject([{ state: 'well' }]);
      expect((await scripted.ask(LISTED)).listings).toHaveLength(1);
    } finally {
      scripted.close();
      await server.close();
    }
  });
});

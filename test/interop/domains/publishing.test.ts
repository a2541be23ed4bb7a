import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthoritativeDns } from '@vratny/dns/authoritative';
import { createUpdater, type RecordSetUpdate, type TsigKey } from '@vratny/dns/update';
import { publishMx, wantedOf, type ZoneWriter } from '@vratny/domains';
import { createPowerDnsWriter } from '@vratny/domains/powerdns';
import { DEFAULT_SECONDARY_OF, type Letter } from '@vratny/hosts';
import { runToEnd } from '@vratny/support/running-program';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findResolverAddress } from '../dns/find-port.ts';
import { type Knot, startKnot } from './knot.ts';
import { type PowerDns, startPowerDns } from './powerdns.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const TTL_SECONDS = 300;
const CLUSTER = { name: 'mx1', domain: 'cluster.test' };
const OF_D = ['10 mx1d10.cluster.test', '20 mx1b20.cluster.test'];
const OF_B = ['10 mx1b10.cluster.test', '20 mx1c20.cluster.test'];
const NS = '@ NS ns1.nic.test.';
const KNOT_ZONES = ['knot.test', 'foreign.test', 'busy.test', 'empty.test', 'data.test', 'locked.test'];
const SECRET = Buffer.from('a secret of some length, for a test').toString('base64');
const now = () => new Date();

const stack = new AsyncDisposableStack();
const folder = stack.use(makeTemporaryFolder('publishing'));
const authoritative = createAuthoritativeDns({ allows: () => true });
const key: TsigKey = { name: 'vratny', algorithm: 'hmac-sha256', secret: Buffer.from(SECRET, 'base64') };
let knot: Knot;
let powerdns: PowerDns;
let siteFile: string;

beforeAll(async () => {
  const lines = (mx: readonly string[]) => [NS, ...mx.map((one) => `@ MX ${one}.`)];
  const zones = {
    ...Object.fromEntries(KNOT_ZONES.map((zone) => [zone, lines(OF_D)])),
    'empty.test': [NS],
    'foreign.test': lines(['10 mx1d10.cluster.test', '15 mail.elsewhere.test']),
  };
  const updates = { name: 'vratny', secret: SECRET, zones: KNOT_ZONES.filter((zone) => zone !== 'locked.test') };
  knot = stack.use(await startKnot(await findResolverAddress(), zones, { ttlSeconds: TTL_SECONDS, updates }));
  const mx = OF_D.map((one) => ['MX', one] as const);
  powerdns = stack.use(await startPowerDns({ 'power.test': mx, 'raced.test': mx, 'own.test': mx }, { ttlSeconds: TTL_SECONDS }));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder.path, name), `${text}\n`);
    return { file: name };
  };
  siteFile = join(folder.path, 'site.yaml');
  const site = {
    cluster: CLUSTER,
    publish: [
      { server: knot.address, zones: KNOT_ZONES, tsig: { name: 'vratny', secret: file('tsig.secret', SECRET) } },
      // Without zones: those that it has.
      { server: powerdns.address, powerdns: { url: powerdns.url, key: file('powerdns.key', powerdns.key) } },
    ],
  };
  writeFileSync(siteFile, JSON.stringify(site));
  const domains = [...KNOT_ZONES, 'power.test', 'raced.test', 'own.test', 'outside.test'];
  file('all.ndjson', domains.map((domain) => JSON.stringify({ domain, policy: 'd' })).join('\n'));
  expect(await mxctl('import', join(folder.path, 'all.ndjson'))).toMatchObject({ code: 0 });
});

afterAll(() => stack.disposeAsync());

async function mxctl(...args: readonly string[]) {
  const ran = await runToEnd(process.execPath, [join(ROOT, 'cmd', 'mxctl', 'src', 'main.ts'), '--config', siteFile, ...args]);
  return { code: ran.ending(), out: ran.stdout(), err: ran.stderr() };
}

async function standing(server: string, domain: string): Promise<readonly string[]> {
  const answer = await authoritative.ask({ server, name: domain, type: 'MX', zone: domain });
  return answer.kind === 'found' ? answer.records.map(({ preference, exchange }) => `${preference} ${exchange}`).toSorted() : [answer.kind];
}

const mxOf = (...written: readonly string[]) =>
  written.map((one) => {
    const [preference, exchange = ''] = one.split(' ');
    return { preference: Number(preference), exchange };
  });

const wanted = (name: string, letter: Letter) =>
  wantedOf({ name, letter }, { cluster: CLUSTER, secondaryOf: DEFAULT_SECONDARY_OF }, { digests: [], tarpitSpeaksTls: false });

describe.each([
  ['Knot, by RFC 2136', 'knot.test', () => knot.address],
  ['PowerDNS, by its API', 'power.test', () => powerdns.address],
])('%s', (_name, domain, server) => {
  test('a policy changes: shown first, then published and read back, and not a second time', async () => {
    const plan = await mxctl('domain', 'policy', domain, 'b', '--dry-run');
    expect(plan).toMatchObject({ code: 0, err: '' });
    expect(plan.out).toContain(
      `${domain}: policy d would become b; hosts of policy d would accept its mail until the world has left them\n`,
    );
    expect(plan.out).toContain(
      '  - 10 mx1d10.cluster.test.\n  - 20 mx1b20.cluster.test.\n  + 10 mx1b10.cluster.test.\n  + 20 mx1c20.cluster.test.\n',
    );
    expect(await standing(server(), domain)).toEqual(OF_D);
    expect(JSON.parse((await mxctl('--json', 'domain', 'list', '--match', domain)).out)).toMatchObject([{ letter: 'd' }]);
    const done = await mxctl('domain', 'policy', domain, 'b');
    expect(done).toMatchObject({ code: 0, err: '' });
    // It says so at once: the command has read it back.
    expect(await standing(server(), domain)).toEqual(OF_B);
    expect(done.out).toContain(`${server()} (zone ${domain}) was changed, and says so:\n`);
    expect(done.out).toContain('Resolvers may keep the old records for 5:00 min more, until ');
    expect(await mxctl('domain', 'publish', domain)).toMatchObject({ code: 0, out: `${server()} (zone ${domain}) says so already.\n` });
    const answer = await authoritative.ask({ server: server(), name: domain, type: 'MX', zone: domain });
    expect(answer).toMatchObject({ ttlSeconds: TTL_SECONDS });
  });
});

test('hosts that are not ours are removed only when somebody says so', async () => {
  const policy = await mxctl('domain', 'policy', 'foreign.test', 'b');
  expect(policy).toMatchObject({ code: 1, err: '' });
  expect(policy.out).toContain('was not changed: it names hosts that are not ours, 10 mx1d10.cluster.test, 15 mail.elsewhere.test.');
  expect(await standing(knot.address, 'foreign.test')).toEqual(['10 mx1d10.cluster.test', '15 mail.elsewhere.test']);
  expect(await mxctl('domain', 'publish', 'foreign.test', '--replace')).toMatchObject({ code: 0 });
  expect(await standing(knot.address, 'foreign.test')).toEqual(OF_B);
});

test('a domain without records gets them; one in a zone of somebody else is told what to set; one that may not be changed says so', async () => {
  expect(await mxctl('domain', 'publish', 'empty.test')).toMatchObject({ code: 0 });
  expect(await standing(knot.address, 'empty.test')).toEqual(OF_D);
  const outside = await mxctl('domain', 'policy', 'outside.test', 'b');
  expect(outside.code).toBe(0);
  expect(outside.out).toContain('Its DNS must say:\n');
  expect((await mxctl('domain', 'publish', 'outside.test')).err).toBe(
    'mxctl: the site file names no name server for the zone of outside.test (publish)\n',
  );
  const locked = await mxctl('domain', 'policy', 'locked.test', 'b');
  expect(locked).toMatchObject({ code: 1, out: expect.stringContaining(`${knot.address} (zone locked.test) refuses the change: BADKEY`) });
  // Then somebody has to set them by hand.
  expect(locked.out).toContain('locked.test.  MX            10  mx1b10.cluster.test.\n');
});

describe('updates of RFC 2136', () => {
  const update = (change: Partial<RecordSetUpdate>, with_: Partial<TsigKey> = {}) =>
    createUpdater({ server: knot.address, key: { ...key, ...with_ }, now }).update({
      zone: 'busy.test',
      name: 'busy.test',
      type: 'MX',
      before: mxOf(...OF_D),
      after: mxOf(...OF_B),
      ttlSeconds: 60,
      ...change,
    } as RecordSetUpdate);

  test('what was changed by hand meanwhile is never overwritten', async () => {
    const byHand = mxOf('10 mx1d10.cluster.test');
    expect(await update({ after: byHand })).toEqual({ kind: 'done' });
    for (const before of [mxOf(...OF_D), [], mxOf('20 mx1d10.cluster.test')])
      expect(await update({ before })).toMatchObject({ kind: 'changed' });
    expect(await standing(knot.address, 'busy.test')).toEqual(['10 mx1d10.cluster.test']);
    // The same through the whole of it: changed between reading and writing.
    const writer: ZoneWriter = {
      replaceMx: async (change) => {
        expect(await update({ before: byHand, after: mxOf('5 hand.elsewhere.test') })).toEqual({ kind: 'done' });
        return update({ before: change.before, after: change.after });
      },
    };
    const at = { zone: 'busy.test', server: knot.address, writer };
    expect(await publishMx(at, wanted('busy.test', 'b'), { authoritative })).toMatchObject({
      kind: 'changed',
      stands: mxOf('5 hand.elsewhere.test'),
    });
    expect(await standing(knot.address, 'busy.test')).toEqual(['5 hand.elsewhere.test']);
    expect(await update({ before: mxOf('5 hand.elsewhere.test'), after: [] })).toEqual({ kind: 'done' });
    expect(await standing(knot.address, 'busy.test')).toEqual(['nodata']);
  });

  test('records of other types', async () => {
    const at = { zone: 'data.test', before: [], ttlSeconds: 60 } as const;
    const digest = Uint8Array.from(Buffer.from('ab'.repeat(32), 'hex'));
    const tlsa = { usage: 3, selector: 1, matchingType: 1, data: digest };
    const name = '_25._tcp.mx1d10.data.test';
    expect(await update({ ...at, name, type: 'TLSA', after: [tlsa] })).toEqual({ kind: 'done' });
    expect(await update({ ...at, name, type: 'TLSA', before: [tlsa], after: [tlsa, { ...tlsa, data: digest.toReversed() }] })).toEqual({
      kind: 'done',
    });
    expect(await update({ ...at, name: 'mx1d10.data.test', type: 'A', after: ['192.0.2.1', '192.0.2.2'] })).toEqual({ kind: 'done' });
    expect(await update({ ...at, name: 'mx1d10.data.test', type: 'AAAA', after: ['2001:db8::1'] })).toEqual({ kind: 'done' });
    expect(await update({ ...at, name: '_mta-sts.data.test', type: 'TXT', after: ['v=STSv1; id=1'] })).toEqual({ kind: 'done' });
    const ask = { server: knot.address, zone: 'data.test' };
    expect(await authoritative.ask({ ...ask, name, type: 'TLSA' })).toMatchObject({ kind: 'found' });
    expect(await authoritative.ask({ ...ask, name: 'mx1d10.data.test', type: 'A' })).toMatchObject({ records: ['192.0.2.1', '192.0.2.2'] });
    expect(await authoritative.ask({ ...ask, name: '_mta-sts.data.test', type: 'TXT' })).toMatchObject({ records: ['v=STSv1; id=1'] });
  });

  test.each<[string, Partial<RecordSetUpdate>, Partial<TsigKey>, string, RegExp]>([
    ['another secret', {}, { secret: Buffer.from('another') }, 'refused', /^BADSIG/u],
    ['a key that it does not know', {}, { name: 'nobody' }, 'refused', /^BADKEY/u],
    ['another algorithm', {}, { algorithm: 'hmac-sha512' }, 'refused', /^BADKEY/u],
    ['a zone that it has not', { zone: 'other.test', name: 'other.test' }, {}, 'refused', /^NOTAUTH/u],
    ['a zone that the key may not change', { zone: 'locked.test', name: 'locked.test' }, {}, 'refused', /^BADKEY/u],
    ['a name outside the zone', { name: 'www.other.test' }, {}, 'refused', /^NOTZONE/u],
    ['no domain name', { name: 'a..test' }, {}, 'fault', /is no domain name/u],
  ])('%s', async (_name, change, with_, kind, detail) => {
    expect(await update(change, with_)).toEqual({ kind, detail: expect.stringMatching(detail) });
  });

  test('a clock that is wrong, and a server that is away', async () => {
    const change = { zone: 'data.test', name: 'x.data.test', type: 'A', before: [], after: ['192.0.2.1'], ttlSeconds: 60 } as const;
    const late = createUpdater({ server: knot.address, key, now: () => new Date(Date.now() - 3_600_000) });
    expect(await late.update(change)).toMatchObject({ kind: 'refused', detail: expect.stringContaining('BADTIME') });
    const away = createUpdater({ server: '127.53.9.9', key, now });
    expect(await away.update(change)).toMatchObject({ kind: 'fault', detail: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('the API of PowerDNS', () => {
  const writer = (more: { readonly key?: string; readonly url?: string } = {}) =>
    createPowerDnsWriter({ url: powerdns.url, key: powerdns.key, ...more });
  const change = (domain: string) => ({ zone: domain, domain, before: mxOf(...OF_D), after: mxOf(...OF_B), ttlSeconds: 60 });
  const byHand = (domain: string, before: readonly string[]) =>
    writer().replaceMx({ ...change(domain), before: mxOf(...before), after: mxOf('5 hand.elsewhere.test') });

  test('what was changed before it is written is left; what is changed behind it is told', async () => {
    const before: ZoneWriter = {
      replaceMx: async (one) => {
        expect(await byHand('raced.test', OF_D)).toEqual({ kind: 'done' });
        return writer().replaceMx(one);
      },
    };
    const at = { zone: 'raced.test', server: powerdns.address };
    const stands = mxOf('5 hand.elsewhere.test');
    expect(await publishMx({ ...at, writer: before }, wanted('raced.test', 'b'), { authoritative })).toMatchObject({
      kind: 'changed',
      stands,
    });
    const behind: ZoneWriter = {
      replaceMx: async (one) => {
        const written = await writer().replaceMx(one);
        expect(await byHand('raced.test', OF_B)).toEqual({ kind: 'done' });
        return written;
      },
    };
    // Two looks: what stands there is not what was written, and stays so.
    let ms = 0;
    const options = { authoritative, replaceForeign: true, monotonicMs: () => (ms += 3_000) };
    expect(await publishMx({ ...at, writer: behind }, wanted('raced.test', 'b'), options)).toMatchObject({ kind: 'differs', stands });
  });

  test('what it will not do, and what is not known', async () => {
    expect(await writer({ key: 'wrong' }).replaceMx(change('own.test'))).toEqual({
      kind: 'refused',
      detail: expect.stringContaining('401'),
    });
    expect(await writer().replaceMx(change('other.test'))).toEqual({ kind: 'refused', detail: expect.stringMatching(/404|422/u) });
    expect(await writer({ url: 'http://127.53.9.9:81' }).replaceMx(change('own.test'))).toMatchObject({ kind: 'fault' });
    expect(await standing(powerdns.address, 'own.test')).toEqual(OF_D);
  });
});

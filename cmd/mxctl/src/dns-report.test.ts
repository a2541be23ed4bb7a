import { follow, type Look, mxRecordsOf, wantedOf } from '@vratny/domains';
import { DEFAULT_SECONDARY_OF } from '@vratny/hosts';
import { describe, expect, it } from 'vitest';
import { type DnsReport, formatReport, reportForPrograms } from './dns-report.ts';
import { openDesk } from './terminal.fixture.ts';

const START = new Date('2030-01-01T00:00:00Z');
const wanted = wantedOf(
  { name: 'firma.cz', letter: 'd' },
  { cluster: { name: 'mx1', domain: 't.example' }, secondaryOf: DEFAULT_SECONDARY_OF },
  { digests: [], tarpitSpeaksTls: false },
);
const right = { kind: 'records', mx: wanted.mx, ttlSeconds: 3600 } as const;
const old = { kind: 'records', mx: [{ preference: 10, exchange: 'mx1c10.t.example' }], ttlSeconds: 245 } as const;
const look: Look = {
  at: START,
  domain: 'firma.cz',
  zone: 'firma.cz',
  servers: [{ name: 'ns1.firma.cz', address: '198.51.100.1', said: right, at: START }],
  complete: true,
  resolvers: [
    { label: '9.9.9.9', said: old, bogus: false },
    { label: '1.1.1.1', said: { kind: 'silent', fault: 'timeout', detail: 'no answer' }, bogus: false },
  ],
  exchanges: [],
  tlsa: [],
};
const report: DnsReport = { domain: 'firma.cz', policy: 'd', records: mxRecordsOf(wanted), followed: follow(undefined, wanted, look) };

describe('the report on a domain', () => {
  it('says how it stands, what to do, what must be set, and what everybody says', () => {
    expect(formatReport(report, START, false)).toBe(
      [
        'firma.cz, policy d: spreading since 2030-01-01 00:00 UTC',
        'The name servers of firma.cz are right. Caches may keep the old answer until 2030-01-01 00:04 UTC.',
        'Old answers are gone in 4:05 min.',
        'Do this: Nothing to do: wait.',
        '',
        'DNS must say:',
        'name       type  preference  host or data',
        'firma.cz.  MX            10  mx1d10.t.example.',
        'firma.cz.  MX            20  mx1b20.t.example.',
        '',
        'DNS says:',
        'asked        name                       is      kept for  says',
        'name server  ns1.firma.cz 198.51.100.1  right  1:00:00 h  10 mx1d10.t.example, 20 mx1b20.t.example',
        'resolver     9.9.9.9                    wrong   4:05 min  10 mx1c10.t.example',
        'resolver     1.1.1.1                    -                 no answer',
        '',
      ].join('\n'),
    );
  });

  it('counts down what caches keep', () => {
    const later = formatReport(report, new Date(START.getTime() + 210_000), false);
    expect(later).toContain('Old answers are gone in 35 s.');
    expect(later).toMatch(/9\.9\.9\.9 +wrong +35 s /u);
    expect(formatReport(report, new Date(START.getTime() + 900_000), false)).not.toContain('Old answers are gone');
  });

  it('is an object for programs, without what only the next look needs', () => {
    expect(Object.keys(reportForPrograms(report) as object)).toEqual([
      ...['domain', 'policy', 'records', 'state', 'until', 'sentence', 'nextStep', 'evidence', 'since', 'lookedAt', 'alarm'],
    ]);
  });
});

describe('mxctl domain dns', () => {
  // Nobody listens at port 9 of this machine.
  const SITE = 'cluster: { name: mx1, domain: t.example }\ndns: { servers: ["127.0.0.1:9"] }\n';

  it('says when nobody can be asked, and exits with 75', async () => {
    const { mxctl } = openDesk(SITE, () => START);
    await mxctl('domain', 'add', 'firma.cz');
    const { code, out, err } = await mxctl('domain', 'dns', 'firma.cz');
    expect({ code, err }).toEqual({ code: 75, err: '' });
    expect(out).toContain('firma.cz, policy d: unknown since 2030-01-01 00:00 UTC\nThe name servers of firma.cz cannot be found (');
    expect(JSON.parse((await mxctl('--json', 'domain', 'dns', 'firma.cz')).out)).toMatchObject({ domain: 'firma.cz', state: 'unknown' });
  });

  it('prints text for a zone file, and asks nobody', async () => {
    const { mxctl } = openDesk(SITE, () => START);
    await mxctl('domain', 'add', 'firma.cz');
    expect(await mxctl('domain', 'dns', 'firma.cz', '--zone')).toEqual({
      code: 0,
      err: '',
      out: 'firma.cz. 3600 IN MX 10 mx1d10.t.example.\nfirma.cz. 3600 IN MX 20 mx1b20.t.example.\n',
    });
  });

  it.each([
    [['--zone', '--records'], "option '--records' cannot be used with option '--zone'"],
    [['--every', '1'], 'It is no whole number from 2 to 3600.'],
  ])('%j is no usage', async (options, words) => {
    const { code, err } = await openDesk(SITE, () => START).mxctl('domain', 'dns', 'firma.cz', ...options);
    expect(code).toBe(64);
    expect(err).toContain(words);
  });
});

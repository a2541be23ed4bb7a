import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDesk } from '../terminal.fixture.ts';

const NOW = () => new Date('2030-01-01T00:00:00Z');
const SITE = 'cluster: { name: mx1, domain: thinline.example }\n';

const LINES = [
  '{"alias":"all@example.org","targets":["sales@example.org","bob@example.org"]}',
  '{"alias":"sales@example.org","targets":["alice@example.org"]}',
  '{"domain":"example.net","alias_of":"example.org"}',
  '{"domain":"example.org","policy":"c"}',
  '{"mailbox":"Alice@example.org","quota":"1GiB","antispam":true}',
  '{"mailbox":"bob@example.org","enabled":false,"store":"lmtp://b:24"}',
  '',
];

const CSV = `domain,policy,alias_of,mailbox,quota,antispam,enabled,store,alias,targets
example.org,c,,,,,,,,
,,,alice@example.org,1GiB,yes,,,,
,,,bob@example.org,,,no,lmtp://b:24,,
,,,,,,,,sales@example.org,alice@example.org
,,,,,,,,all@example.org,"sales@example.org, bob@example.org"
example.net,,example.org,,,,,,,
`;

describe('mxctl import', () => {
  it.each([
    ['NDJSON in any order', LINES.join('\n')],
    ['CSV', CSV],
  ])('makes of %s the directory that export writes, and changes nothing the second time', async (_what, text) => {
    const desk = openDesk(SITE, NOW);
    desk.write('in', text);
    const first = await desk.mxctl('import', join(desk.folder, 'in'));
    expect(first).toEqual({ code: 0, out: '6 records; took 7 changes\n', err: '' });
    expect((await desk.mxctl('import', join(desk.folder, 'in'))).out).toBe('6 records; nothing to change\n');
    const exported = await desk.mxctl('export');
    expect(
      exported.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { domain: 'example.org', policy: 'c' },
      { domain: 'example.net', policy: 'd', alias_of: 'example.org' },
      { mailbox: 'alice@example.org', quota: '1GiB', antispam: true },
      { mailbox: 'bob@example.org', quota: 'none', antispam: false, enabled: false, store: 'lmtp://b:24' },
      { alias: 'all@example.org', targets: ['sales@example.org', 'bob@example.org'] },
      { alias: 'sales@example.org', targets: ['alice@example.org'] },
    ]);
    const other = openDesk(SITE, NOW);
    other.write('out', exported.out);
    await other.mxctl('import', join(other.folder, 'out'));
    expect((await other.mxctl('export')).out).toBe(exported.out);
  });

  it('keeps the letters before the last change through export and import', async () => {
    const desk = openDesk(SITE, NOW);
    await desk.mxctl('domain', 'add', 'example.org', '--policy', 'c');
    await desk.mxctl('domain', 'policy', 'example.org', 'b');
    const other = openDesk(SITE, NOW);
    other.write('out', (await desk.mxctl('export')).out);
    await other.mxctl('import', join(other.folder, 'out'));
    expect((await other.mxctl('export')).out).toBe((await desk.mxctl('export')).out);
    expect(JSON.parse((await other.mxctl('--json', 'domain', 'list')).out)).toMatchObject([{ letter: 'b', earlier: [{ letter: 'c' }] }]);
  });

  it('shows with --dry-run what would change, and changes nothing', async () => {
    const desk = openDesk(SITE, NOW);
    desk.write('in', LINES.join('\n'));
    await desk.mxctl('import', join(desk.folder, 'in'));
    const changed = [
      '{"domain":"example.org","policy":"b"}',
      '{"mailbox":"alice@example.org","quota":"none"}',
      '{"mailbox":"carol@example.org"}',
      '{"alias":"sales@example.org","targets":["carol@example.org"]}',
    ];
    desk.write('new', changed.join('\n'));
    const dry = await desk.mxctl('import', '--dry-run', join(desk.folder, 'new'));
    expect(dry.out).toContain('~ example.org: policy b;');
    expect(dry.out).toContain('~ alice@example.org: no quota\n+ carol@example.org: no quota, antispam off\n');
    expect(dry.out).toContain('+ sales@example.org: to carol@example.org\n4 records; would take 4 changes\n');
    const before = await desk.mxctl('export');
    expect(before.out).not.toContain('carol');
    await desk.mxctl('import', join(desk.folder, 'new'));
    expect((await desk.mxctl('export')).out).toContain('{"alias":"sales@example.org","targets":["carol@example.org"]}');
  });

  it('makes nothing with --dry-run on a new site', async () => {
    const desk = openDesk(SITE, NOW);
    desk.write('in', LINES.join('\n'));
    const tried = await desk.mxctl('import', '--dry-run', join(desk.folder, 'in'));
    expect(tried).toMatchObject({ code: 0, err: 'mxctl: there is no directory yet: everything would be new\n' });
    expect(tried.out).toMatch(/^\+ example\.org: policy c\n[\s\S]*6 records; would take 7 changes\n$/u);
    expect(readdirSync(desk.folder).toSorted()).toEqual(['in', 'site.yaml']);
  });

  it('takes out with --delete what the file does not name, more than 5 % only when it is told so', async () => {
    const desk = openDesk(SITE, NOW);
    desk.write('in', LINES.join('\n'));
    await desk.mxctl('import', join(desk.folder, 'in'));
    desk.write('less', '{"domain":"example.org"}\n{"mailbox":"alice@example.org"}\n');
    const refused = await desk.mxctl('import', '--delete', join(desk.folder, 'less'));
    expect(refused).toMatchObject({
      code: 1,
      err: 'mxctl: --delete would take out 4 of 6 entries, more than 5 %: --yes if that is meant; nothing was changed\n',
    });
    expect((await desk.mxctl('import', '--delete', '--yes', join(desk.folder, 'less'))).out).toBe('2 records; took 4 changes\n');
    expect((await desk.mxctl('export')).out.trimEnd().split('\n')).toHaveLength(2);
  });

  it.each([
    ['{"domain":"a..b"}', ':1: "a..b" is not a domain name'],
    ['{"domain":"example.org"}\n\n{"mailbox":"x@example.com"}', ':3: example.com is not a domain of ours'],
    ['{"domain":"example.org"}\n{"alias":"x@example.org","targets":["y@far.example"]}', ':2: y@far.example is not ours'],
    ['{"domain":"example.org"}\n{"mailbox":"x@example.org","qouta":"1GiB"}', ':2: has the key "qouta"'],
    ['{"mailbox":"x@example.org","quota":"much"}', ':1: quota must be'],
    ['{"mailbox":"x@example.org","antispam":"perhaps"}', ':1: antispam must be true or false'],
    ['{"mailbox":"x@example.org","store":"ftp:x"}', ':1: store must be maildir:PATH'],
    ['{"domain":"x.example","policy":"e"}', ':1: a policy is a, b, c or d'],
    ['{"mailbox":"x@example.org","domain":"x"}', ':1: must have one of'],
    ['[1]', ':1: the header names "[1]"'],
    ['{"a', ':1: is no JSON object'],
    ['domain,policy\nexample.org,c,d', ':2: has 3 columns, the header 2'],
    ['domain\n"example.org', ':2: has a quote that is not closed'],
    ['domain,password\n', ':1: the header names "password"'],
    ['domain;policy\nexample.org;c\n', ':1: the header has no commas'],
  ])('names the line of what is wrong, and changes nothing: %s', async (text, says) => {
    const desk = openDesk(SITE, NOW);
    await desk.mxctl('init');
    desk.write('in', text);
    const ran = await desk.mxctl('import', join(desk.folder, 'in'));
    expect(ran.code).toBe(1);
    expect(ran.err).toContain(`in${says}`);
    expect((await desk.mxctl('export')).out).toBe('');
  });

  it('says that there is no such file', async () => {
    const desk = openDesk(SITE, NOW);
    expect(await desk.mxctl('import', join(desk.folder, 'none'))).toMatchObject({
      code: 66,
      err: expect.stringContaining('no such file') as string,
    });
  });
});

describe('long lists', () => {
  it('page, filter and go on behind a name', async () => {
    const desk = openDesk(SITE, NOW);
    const lines = Array.from({ length: 2_500 }, (_, at) => `{"domain":"d${String(at).padStart(4, '0')}.test"}`);
    desk.write('in', lines.join('\n'));
    await desk.mxctl('import', join(desk.folder, 'in'));
    const names = async (...args: string[]) =>
      (JSON.parse((await desk.mxctl('--json', 'domain', 'list', ...args)).out) as { name: string }[]).map(({ name }) => name);
    expect(await names()).toHaveLength(2_500);
    expect(await names('--match', '99.TEST', '--limit', '3')).toEqual(['d0099.test', 'd0199.test', 'd0299.test']);
    expect(await names('--after', 'd2498.test')).toEqual(['d2499.test']);
  });
});

describe('mxctl init', () => {
  it('makes a directory, and leaves one alone that is there', async () => {
    const desk = openDesk(SITE, NOW);
    expect((await desk.mxctl('migrate')).code).toBe(75);
    expect((await desk.mxctl('init')).out).toBe('the directory is there\n');
    await desk.mxctl('domain', 'add', 'example.org');
    expect((await desk.mxctl('init')).code).toBe(0);
    expect((await desk.mxctl('migrate')).out).toBe('the directory is up to date\n');
    expect((await desk.mxctl('domain', 'list')).out).toContain('example.org');
    expect(readFileSync(join(desk.folder, 'directory.db')).length).toBeGreaterThan(0);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCleanClamd } from './clean-clamd.fixture.ts';
import { run } from './run.ts';

let folder = '';
let clamd: Awaited<ReturnType<typeof startCleanClamd>> | undefined;
const at = (name: string) => join(folder, name);

const MESSAGE = 'From: a@sender.test\r\nTo: alice@ours.test\r\nSubject: hello\r\n\r\nHello.\r\n';
const ZONE = `
test.                       IN SOA ns.test. hostmaster.test. 1 3600 600 86400 60
ours.test.                  IN MX 10 mx1d10.cluster.test.
sender.test.                IN MX 10 mail.sender.test.
sender.test.                IN TXT "v=spf1 ip4:192.0.2.0/24 -all"
2.0.0.127.bl.test.          IN A 127.0.0.2
66.2.0.192.bl.test.         IN A 127.0.0.2
66.2.0.192.bl.test.         IN TXT "seen in a spam trap"
`;
const SITE = `
cluster: { name: mx1, domain: cluster.test }
dns: { servers: ["127.0.0.1:9"], zoneFile: ./zone.txt }
dnsbl: { zones: [{ zone: bl.test }] }
limits: { message: 1MiB }
directory: sqlite:./directory.db
delivery: maildir:./mail
spool: .
`;

const FORBIDDEN = [
  'Subject: files',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain; name=notes.txt',
  '',
  'hello',
  '--b',
  'Content-Type: application/octet-stream; name=old.gz',
  'Content-Transfer-Encoding: base64',
  '',
  // A gzip member that says its file is called run.exe.
  'H4sICAAAAAAAA3J1bi5leGUA8/X1BQDky7nKAwAAAA==',
  '--b--',
  '',
].join('\r\n');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-explain-'));
  writeFileSync(at('zone.txt'), ZONE);
  clamd = await startCleanClamd();
  writeFileSync(at('site.yaml'), `${SITE}antivirus: { clamd: ["${clamd.url}"] }\n`);
  writeFileSync(at('mail.eml'), MESSAGE);
  writeFileSync(at('big.eml'), `Subject: big\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(20_000)}`);
  writeFileSync(at('forbidden.eml'), FORBIDDEN);
  writeFileSync(at('bare.eml'), 'Subject: bare\r\n\r\na\rb\r\n');
  const commands = [
    'domain add ours.test --policy d',
    'mailbox add alice@ours.test',
    'domain add a.test --policy a',
    'mailbox add alice@a.test',
  ];
  for (const command of commands) expect((await mxctl(command)).code).toBe(0);
});

afterAll(() => {
  clamd?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function mxctl(
  command: string | readonly string[],
  site = 'site.yaml',
  colours = false,
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await run(typeof command === 'string' ? command.split(' ') : command, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    colours,
    env: { VRATNY_CONFIG: at(site) },
    user: 'tester',
    now: () => new Date(),
  });
  return { code, out, err };
}

const DEFAULTS = { policy: 'd', client: '192.0.2.1', from: 'a@sender.test', to: 'alice@ours.test', file: 'mail.eml' };
const words = (changes: Partial<typeof DEFAULTS> = {}): readonly string[] => {
  const { policy, client, from, to, file } = { ...DEFAULTS, ...changes };
  return ['explain', at(file), '--policy', policy, '--client', client, '--from', from, '--to', to];
};

describe('mxctl explain', () => {
  it('prints every check and every fact of a message that would be taken', async () => {
    const { code, out, err } = await mxctl(words());
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const line of [
      /^stage +check +outcome +reply or reason$/mu,
      /^rcpt +dnsbl +pass/mu,
      /^rcpt +spf +pass/mu,
      /^message +line-endings +pass/mu,
    ]) {
      expect(out).toMatch(line);
    }
    expect(out).toMatch(/^spf +[\d.]+ +pass \(sender\.test\)$/mu);
    expect(out).toContain('d10 would take it\n');
  });

  it('shows the tree of parts and members with the verdict for each name, in colour where that is welcome', async () => {
    const { out } = await mxctl(words({ file: 'forbidden.eml' }));
    expect(out).toContain(
      ['multipart/mixed', '  notes.txt  text/plain', '  old.gz  application/octet-stream gz', '    run.exe  forbidden: .exe', ''].join(
        '\n',
      ),
    );
    expect((await mxctl(words({ file: 'forbidden.eml' }), 'site.yaml', true)).out).toContain(
      '    \u001b[31mrun.exe\u001b[0m  \u001b[31mforbidden: .exe\u001b[0m\n',
    );
    const json: unknown = JSON.parse((await mxctl([...words({ file: 'forbidden.eml' }), '--json'])).out);
    expect(json).toMatchObject({
      attachments: expect.arrayContaining([expect.objectContaining({ name: 'run.exe', outcome: 'forbidden' })]),
    });
  });

  it.each<[string, Partial<typeof DEFAULTS>, string, string]>([
    ['a listed client', { client: '192.0.2.66' }, '553 5.7.1 your address 192.0.2.66 is listed by bl.test: seen in a spam trap', 'dnsbl'],
    ['SPF', { client: '198.51.100.1' }, '550 5.7.23', 'spf'],
    ['no such sender domain', { from: 'a@nowhere.test' }, '550 5.1.8', 'sender-domain'],
    ['a sender domain that DNS cannot tell', { from: 'a@example.invalid' }, '451 4.4.3', 'sender-domain'],
    ['an unknown mailbox, even then', { from: 'a@example.invalid', to: 'bob@ours.test' }, '550 5.1.1', 'mailbox'],
    ['not our domain', { to: 'bob@elsewhere.test' }, '550 5.7.1', 'recipient-domain'],
    ['too big', { file: 'big.eml' }, '552 5.3.4', ''],
    ['a bare CR', { file: 'bare.eml' }, '550 5.6.0', 'line-endings'],
    ['a forbidden file', { file: 'forbidden.eml' }, '554 5.7.1', 'attachments'],
  ])('%s', async (_what, changes, reply, by) => {
    const { code, out, err } = await mxctl(words(changes));
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(new RegExp(`^d10 would say: ${reply.replaceAll('.', '\\.')}.*${by}`, 'mu'));
  });

  it('shows another letter’s answer', async () => {
    const listed = { client: '192.0.2.66' };
    expect((await mxctl(words(listed))).out).toContain('d10 would say: 553 5.7.1');
    const { out } = await mxctl(words({ ...listed, policy: 'a' }));
    expect(out).toContain('a10 would');
    expect(out).not.toContain('dnsbl');
  });

  it('prints JSON for programs', async () => {
    const refused = await mxctl(['--json', ...words({ client: '192.0.2.66' })]);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.out)).toMatchObject({
      host: 'd10',
      verdict: 'refuse',
      by: 'dnsbl',
      reply: expect.stringMatching(/^553 /u),
      traces: [
        { stage: 'mail' },
        { stage: 'rcpt', checks: expect.arrayContaining([expect.objectContaining({ check: 'dnsbl', outcome: 'refuse' })]) },
      ],
    });
    expect(JSON.parse((await mxctl(['--json', ...words()])).out)).toMatchObject({ verdict: 'pass', by: null, reply: null });
  });

  it('takes the null sender', async () => {
    expect((await mxctl([...words({ from: '' }), '--helo', 'mail.sender.test'])).out).toMatch(
      /^sender-domain +pass|^rcpt +sender-domain +pass/mu,
    );
  });

  it('stores nothing and leaves nothing', async () => {
    const before = readdirSync(folder, { recursive: true }).map(String).sort();
    await mxctl(words({ file: 'big.eml' }));
    await mxctl(words());
    expect(readdirSync(folder, { recursive: true }).map(String).sort()).toEqual(before);
  });

  it.each<[string, readonly string[], number, string]>([
    ['no such file', words({ file: 'gone.eml' }), 66, 'gone.eml: no such file or directory'],
    ['a folder', words({ file: '.' }), 66, 'is a directory'],
    ['no address of a client', words({ client: 'localhost' }), 64, 'It is no IP address.'],
    ['no sender', words({ from: 'nobody' }), 64, 'It is no mail address.'],
    ['no recipient', words({ to: '@ours.test' }), 64, 'It is no mail address.'],
    ['no such letter', words({ policy: 'e' }), 64, 'Policies are a, b, c, d.'],
    ['a host that is not there', [...words({ policy: 'd' }), '--role', 'secondary'], 64, 'no secondary host of letter d'],
    ['no client', ['explain', 'x.eml', '--policy', 'd'], 64, '--client'],
  ])('%s: one line', async (_what, command, expected, says) => {
    const { code, out, err } = await mxctl(command);
    expect({ code, out }).toEqual({ code: expected, out: '' });
    expect(err).toMatch(/^mxctl: [^\n]+\n$/u);
    expect(err).toContain(says);
  });

  it('says so when the directory was never made', async () => {
    writeFileSync(at('other.yaml'), SITE.replace('directory.db', 'none.db'));
    const { code, out, err } = await mxctl(words(), 'other.yaml');
    expect({ code, out }).toEqual({ code: 75, out: '' });
    expect(err).toMatch(/^mxctl: directory [^\n]+none\.db[^\n]+\n$/u);
  });

  it('reads a message from standard input, and ends at once', () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const command = [main, '--json', ...words({ policy: 'a', to: 'alice@a.test' }).map((word) => (word === at('mail.eml') ? '-' : word))];
    const env = { PATH: process.env['PATH'], VRATNY_CONFIG: at('site.yaml') };
    const ended = spawnSync(process.execPath, command, { input: MESSAGE, env, encoding: 'utf8', timeout: 15_000 });
    expect({ code: ended.status, err: ended.stderr }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({ verdict: 'pass' });
  });
});

describe('mxctl dnsbl', () => {
  it('shows the health of every list', async () => {
    const { code, out, err } = await mxctl('dnsbl');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')[0]).toBe('list     state  ms  127.0.0.2  127.0.0.1   why');
    expect(out.split('\n')[1]).toMatch(/^bl\.test +well +\d+ +127\.0\.0\.2 +not listed$/u);
  });

  it('says by its exit code that one is not well, and why', async () => {
    writeFileSync(at('bad.yaml'), SITE.replace('[{ zone: bl.test }]', '[{ zone: bl.test }, { zone: dead.test }, { zone: away.invalid }]'));
    const { code, out } = await mxctl('dnsbl', 'bad.yaml');
    expect(code).toBe(1);
    expect(out).toMatch(/^dead\.test +muted +\d+ +not listed +not listed +it does not list 127\.0\.0\.2/mu);
    expect(out).toMatch(/^away\.invalid +muted .*unreachable/mu);
    const json = await mxctl('--json dnsbl', 'bad.yaml');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject([
      { zone: 'bl.test', state: 'well', latencyMs: expect.any(Number) },
      { state: 'muted' },
      { state: 'muted' },
    ]);
  });

  it('has little to say without lists', async () => {
    writeFileSync(at('none.yaml'), SITE.replace('[{ zone: bl.test }]', '[]'));
    expect(await mxctl('dnsbl', 'none.yaml')).toEqual({ code: 0, out: 'the site file names no list\n', err: '' });
  });
});

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from './run.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-mxctl-'));
  writeFileSync(join(folder, 'site.yaml'), 'cluster: { name: mx1, domain: thinline.example }\n');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs commands one after the other; what the last one said counts. */
async function mxctl(...commands: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let last = { code: -1, out: '', err: '' };
  for (const command of commands) {
    let out = '';
    let err = '';
    const code = await run(command.split(' '), {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      colours: false,
      env: { VRATNY_CONFIG: join(folder, 'site.yaml') },
      user: 'tester',
      now: () => NOW,
    });
    last = { code, out, err };
  }
  return last;
}

const DOMAIN = 'domain add example.org --policy c';
const ALICE = 'mailbox add alice@example.org --quota 100MiB';

describe('mxctl', () => {
  it('adds domains and shows their MX records', async () => {
    const { code, out } = await mxctl(DOMAIN);
    expect(code).toBe(0);
    expect(out).toContain('example.org: added with policy c\n');
    expect(out).toContain('example.org.  MX            10  mx1c10.thinline.example.\n');
    expect(out).toContain('example.org.  MX            20  mx1c20.thinline.example.\n');
  });

  it('adds domain aliases, and says who knows the mailboxes of a domain', async () => {
    const added = await mxctl(DOMAIN, 'domain add example.net --alias-of example.org --policy b');
    expect(added.out).toContain('example.net: added with policy b, an alias of example.org\n');
    expect((await mxctl('mailbox add x@example.net')).err).toBe('mxctl: example.net is an alias of example.org: add the address there\n');
    expect((await mxctl('domain mailboxes example.org store')).out).toBe('example.org: its mailboxes are known to the store\n');
    expect((await mxctl('domain add x.example --mailboxes nowhere')).code).toBe(64);
    expect(JSON.parse((await mxctl('domain list --json')).out)).toEqual([
      { name: 'example.net', letter: 'b', aliasOf: 'example.org' },
      { name: 'example.org', letter: 'c', mailboxes: 'store' },
    ]);
  });

  it('has the old hosts accept when the policy changes, and somebody look after seven days, or when it is told', async () => {
    const usual = await mxctl(DOMAIN, 'domain policy example.org b', 'domain list --json');
    expect(JSON.parse(usual.out)).toEqual([
      {
        name: 'example.org',
        letter: 'b',
        previous: { letter: 'c', graceUntil: '2030-01-08T00:00:00.000Z' },
        earlier: [{ letter: 'c', since: '2030-01-01T00:00:00.000Z' }],
      },
    ]);
    const told = await mxctl('domain policy example.org a --grace-until 2030-01-02', '--json domain list');
    expect(told.out).toContain('2030-01-02T00:00:00.000Z');
    expect((await mxctl('domain list')).out).toBe(
      'domain       policy  alias of  also accepted by hosts of\nexample.org  a       -         b, c\n',
    );
  });

  it('says what must go from DNS when the policy changes', async () => {
    const { out } = await mxctl(DOMAIN, 'domain policy example.org d');
    expect(out).toContain(
      'and no longer name mx1c10.thinline.example and mx1c20.thinline.example.\n\n"mxctl domain dns example.org --watch" tells when it does.\n',
    );
    // The secondary of c stays that of b; those of d, which it had for a moment, must go too.
    expect((await mxctl('domain policy example.org c', 'domain policy example.org b')).out).toContain(
      'and no longer name mx1b20.thinline.example and mx1c10.thinline.example and mx1d10.thinline.example.\n',
    );
  });

  it('has a text for whoever runs the DNS', async () => {
    const { code, out } = await mxctl(DOMAIN, 'domain policy example.org d', 'domain dns example.org --admin');
    expect(code).toBe(0);
    expect(out).toContain(
      'Please set the MX records of example.org in its zone. These shall be all that it has:\n\n  10  mx1d10.thinline.example.\n  20  mx1b20.thinline.example.\n',
    );
    expect(out).toContain('must go, above all mx1c10.thinline.example, mx1c20.thinline.example.\n');
    expect(out).toContain('\n  example.org. 3600 IN MX 10 mx1d10.thinline.example.\n');
  });

  it('checks that the keys of name servers are there', async () => {
    writeFileSync(
      join(folder, 'site.yaml'),
      'cluster: { domain: t.example }\npublish: [{ server: 192.0.2.53, tsig: { name: k, secret: { file: ./tsig } } }]\n',
    );
    const missing = await mxctl('check-config');
    expect(missing.code).toBe(78);
    expect(missing.err).toContain('publish[0].tsig.secret');
    writeFileSync(join(folder, 'tsig'), 'not base 64!\n');
    expect((await mxctl('check-config')).err).toContain('holds no text in base 64 alone');
    writeFileSync(
      join(folder, 'site.yaml'),
      'cluster: { domain: t.example }\npublish: [{ server: 192.0.2.53, powerdns: { url: "http://192.0.2.53:8081", key: { file: ./api } } }]\n',
    );
    writeFileSync(join(folder, 'api'), 'first-part\nsecond-part\n');
    const twoLines = await mxctl('check-config');
    expect([twoLines.code, twoLines.err]).toEqual([78, expect.stringContaining('publish[0].powerdns.key')]);
    expect(twoLines.err).not.toContain('part');
    writeFileSync(join(folder, 'site.yaml'), 'cluster: { domain: t.example }\npublish: [{ server: 192.0.2.53 }]\n');
    expect((await mxctl('check-config')).err).toContain('must have `tsig` or `powerdns`, and not both');
  });

  it('takes secondaries from the site file', async () => {
    writeFileSync(join(folder, 'site.yaml'), 'cluster: { domain: t.example }\nsecondaryOf: { c: a }\n');
    const { out } = await mxctl(DOMAIN, 'domain dns EXAMPLE.org --records');
    expect(out.split('\n')[2]).toBe('example.org.  MX            20  mx1a20.t.example.');
  });

  it('manages mailboxes', async () => {
    const added = await mxctl(DOMAIN, ALICE);
    expect(added.out).toBe('alice@example.org: added with a quota of 100MiB, antispam off\n');
    expect((await mxctl('mailbox quota alice@example.org 1GiB')).out).toBe('alice@example.org: quota 1GiB\n');
    expect((await mxctl('mailbox disable alice@example.org')).out).toBe('alice@example.org: disabled\n');
    expect((await mxctl('mailbox list example.org')).out).toBe(
      'mailbox                used  quota  antispam  store    state\nalice@example.org  0 octets   1GiB  off       default  disabled\n',
    );
    expect((await mxctl('mailbox enable alice@example.org')).out).toBe('alice@example.org: enabled\n');
    expect((await mxctl('mailbox quota alice@example.org none')).out).toBe('alice@example.org: no quota\n');
    const json = await mxctl('mailbox add bob@example.org --antispam --json');
    expect(JSON.parse(json.out)).toMatchObject({ address: 'bob@example.org', antispam: true, enabled: true });
  });

  it('says where a mailbox lies', async () => {
    const added = await mxctl(DOMAIN, 'mailbox add carol@example.org --store lmtp://store2.example:24');
    expect(added.out).toBe('carol@example.org: added without limit, antispam off, at lmtp://store2.example:24\n');
    expect((await mxctl('mailbox list example.org')).out).toContain('  lmtp://store2.example:24  enabled\n');
    expect((await mxctl('mailbox store carol@example.org maildir:/srv/mail')).out).toBe('carol@example.org: at maildir:/srv/mail\n');
    expect(JSON.parse((await mxctl('mailbox list example.org --json')).out)).toMatchObject([{ store: 'maildir:/srv/mail' }]);
    expect((await mxctl('mailbox store carol@example.org default')).out).toBe("carol@example.org: in the site's own store\n");
    expect(JSON.parse((await mxctl('mailbox list example.org --json')).out)).toEqual([
      { address: 'carol@example.org', usedBytes: 0, antispam: false, enabled: true },
    ]);
    expect((await mxctl('audit --limit 1')).out).toContain('mailbox.store');
  });

  it('manages aliases, and audits every change', async () => {
    const alias = await mxctl(DOMAIN, ALICE, 'alias add sales@example.org alice@example.org');
    expect(alias.out).toBe('sales@example.org: leads to alice@example.org\n');
    expect((await mxctl('alias list example.org')).out).toBe('alias              leads to\nsales@example.org  alice@example.org\n');
    const audit: unknown = JSON.parse((await mxctl('audit --json --limit 2')).out);
    expect(audit).toMatchObject([
      { actor: 'mxctl:tester', subject: 'sales@example.org' },
      { actor: 'mxctl:tester', subject: 'alice@example.org' },
    ]);
  });

  it('says so when there is nothing to list', async () => {
    await (await openSqliteRegister({ path: join(folder, 'directory.db'), now: () => NOW })).close();
    expect((await mxctl('domain list')).out).toBe('no domains\n');
    expect((await mxctl('domain list --json')).out).toBe('[]\n');
    expect((await mxctl('audit')).out).toBe('no changes yet\n');
  });

  it('changes the policy of all domains of a file, and of none when one is wrong', async () => {
    const file = join(folder, 'names');
    writeFileSync(file, 'example.org\n\n# ours\nExample.NET # and this\n');
    const all = `domain policy --all-of ${file} b`;
    expect((await mxctl(DOMAIN, all)).err).toContain(`${file}:4: example.net is not a domain of ours; did you mean example.org?; nothing`);
    expect((await mxctl('domain list')).out).toMatch(/^example\.org +c/mu);
    expect((await mxctl('domain add example.net --policy b', all)).out).toBe('2 domains; 1 got policy b, the others had it\n');
    expect(await mxctl(all)).toMatchObject({ code: 0, out: '2 domains; 0 got policy b, the others had it\n' });
    expect(await mxctl(`domain policy --all-of ${file} x`)).toMatchObject({ code: 64 });
    expect((await mxctl(`domain policy --all-of ${file}`)).err).toContain("missing required argument 'letter'");
    expect((await mxctl('domain policy')).err).toContain("missing required argument 'name'");
    expect(await mxctl(`domain policy --all-of ${file} example.org b`)).toMatchObject({ code: 64 });
    expect(await mxctl(`domain policy --all-of ${join(folder, 'none')} b`)).toMatchObject({ code: 66 });
    expect(await mxctl('domain policy example.org')).toMatchObject({ code: 64 });
  });

  it.each(['domain list', 'domain policy example.org b', ALICE, 'alias list example.org', 'audit', 'check-config'])(
    '%s makes no directory where there is none',
    async (command) => {
      const { code, err } = await mxctl(command);
      expect(code).toBe(command === 'check-config' ? 78 : 75);
      expect(err).toContain(join(folder, 'directory.db'));
      expect(err).toContain('mxctl domain add');
      expect(readdirSync(folder)).toEqual(['site.yaml']);
    },
  );

  it('makes the folder of the Maildirs with a new site, and never again', async () => {
    await mxctl(DOMAIN);
    expect(readdirSync(folder).sort()).toEqual(['directory.db', 'mail', 'site.yaml']);
    expect((await mxctl('check-config')).out).toBe('site.yaml: fine\n');
    rmSync(join(folder, 'mail'), { recursive: true });
    await mxctl('domain add other.example');
    expect(readdirSync(folder).sort()).toEqual(['directory.db', 'site.yaml']);
    const { code, err } = await mxctl('check-config');
    expect({ code, err }).toEqual({
      code: 78,
      err: `mxctl: site.yaml: delivery: ${join(folder, 'mail')}: no such directory; is its volume mounted? mx never makes it: mkdir -m 0700 ${join(folder, 'mail')}\n`,
    });
  });

  it.each([
    ['domain policy other.example b', 1, 'other.example'],
    ['domain dns other.example', 1, 'other.example'],
    ['mailbox add alice@other.example', 1, 'other.example'],
    ['mailbox quota nobody@example.org 1GiB', 1, 'nobody@example.org'],
    ['mailbox list other.example', 1, 'other.example'],
    ['alias add a@example.org a@example.org', 1, 'a@example.org'],
    ['domain add example.org', 1, 'example.org'],
    ['domain add -x', 64, "unknown option '-x'"],
    ['domain add', 64, "missing required argument 'name'"],
    ['domain add x.example --policy e', 64, 'Policies are a, b, c, d.'],
    ['domain ad x.example', 64, 'Did you mean add?'],
    ['mailbox quota alice@example.org much', 64, 'It is no size'],
    ['mailbox store alice@example.org lmtp:store', 64, 'It must be maildir:PATH, lmtp://HOST:PORT[,HOST:PORT] or lmtp+unix:PATH'],
    ['mailbox add alice@example.org --store maildir:./mail', 64, 'It needs an absolute path'],
    ['mailbox store nobody@example.org default', 1, 'there is no mailbox nobody@example.org'],
    ['audit --limit many', 64, 'It is no whole number from 1 to 10000.'],
    ['nonsense', 64, "unknown command 'nonsense'"],
    ['--config no-such.yaml domain list', 78, 'no-such.yaml: no such file or directory'],
  ])('%s: exit %d', async (command, expectedCode, words) => {
    await mxctl(DOMAIN);
    const { code, out, err } = await mxctl(command);
    expect({ code, out }).toEqual({ code: expectedCode, out: '' });
    expect(err).toMatch(/^mxctl: [^\n]+\n$/u);
    expect(err).toContain(words);
  });

  it('shows the way when no command is given', async () => {
    for (const command of ['--json', 'domain', 'mailbox', 'alias', 'greylist']) {
      const { code, out, err } = await mxctl(command);
      expect({ code, out }).toEqual({ code: 64, out: '' });
      expect(err).toContain('Examples:');
    }
  });

  it.each([
    '',
    'check-config ',
    'domain ',
    'domain add ',
    'mailbox quota ',
    'mailbox store ',
    'mailbox enable ',
    'alias add ',
    'audit ',
    'greylist list ',
    'greylist forget ',
  ])('%s--help has examples', async (command) => {
    const { code, out, err } = await mxctl(`${command}--help`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`  $ mxctl ${command.trim()}`);
  });

  it('--version prints the version, whatever the site', async () => {
    expect(await mxctl('--version')).toEqual({ code: 0, out: expect.stringMatching(/^mxctl \d+\.\d+\.\d+\n$/u), err: '' });
  });

  it('calls it temporary when the directory cannot be opened', async () => {
    writeFileSync(join(folder, 'site.yaml'), 'cluster: { domain: t.example }\ndirectory: sqlite:./no/such/folder.db\n');
    const { code, err } = await mxctl('domain list');
    expect(code).toBe(75);
    expect(err).toMatch(/^mxctl: directory [^\n]+\n$/u);
  });

  it('checks the site file', async () => {
    await mxctl(DOMAIN);
    expect(await mxctl('check-config')).toEqual({ code: 0, out: 'site.yaml: fine\n', err: '' });
    writeFileSync(join(folder, 'site.yaml'), 'cluster: { domain: t.example }\ndnsbl: { zonez: [] }\nstat: x\n');
    expect(await mxctl('check-config')).toEqual({
      code: 78,
      out: '',
      err: 'mxctl: site.yaml:2: dnsbl.zonez: unknown key, did you mean "zones"?\nmxctl: site.yaml:3: stat: unknown key, did you mean "state"?\n',
    });
    writeFileSync(join(folder, 'site.yaml'), 'cluster: { domain: t.example }\ndns: { zoneFile: ./zone.txt }\n');
    const missing = await mxctl('check-config');
    expect(missing.code).toBe(78);
    expect(missing.err).toBe(`mxctl: site.yaml: dns.zoneFile: ${join(folder, 'zone.txt')}: no such file or directory\n`);
  });
});

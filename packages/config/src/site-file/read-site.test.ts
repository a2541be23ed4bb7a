import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Site } from '../schema.ts';
import { formatProblem, readSite } from './read-site.ts';

const ORIGIN = { baseDirectory: '/etc/vratny', file: '/etc/vratny/site.yaml' };
const CLUSTER = 'cluster: { domain: thinline.example }\n';

function siteOf(text: string): Site {
  const reading = readSite(CLUSTER + text, ORIGIN);
  if (!reading.ok) throw new Error(reading.problems.map(formatProblem).join('\n'));
  return reading.site;
}

function problemsOf(text: string): string[] {
  const reading = readSite(text, ORIGIN);
  return reading.ok ? [] : reading.problems.map(formatProblem);
}

describe('readSite', () => {
  it('fills in every default', () => {
    expect(siteOf('')).toEqual({
      cluster: { name: 'mx1', domain: 'thinline.example' },
      limits: {
        message: 104_857_600,
        recipients: 100,
        connections: 10_000,
        connectionsPerIp: 50,
        failedRecipients: 20,
        messagesInFlight: 536_870_912,
      },
      postmaster: 'postmaster@thinline.example',
      networks: { own: [], trustedForwarders: [] },
      proxy: { networks: [] },
      secondaryOf: { a: 'a', b: 'c', c: 'c', d: 'b' },
      dns: { servers: [] },
      dnsbl: {
        zones: [
          { zone: 'bl.spamcop.net', codes: ['127.0.0.2'] },
          { zone: 'psbl.surriel.com', codes: ['127.0.0.2'] },
        ],
      },
      greylist: {
        delay: 300_000,
        window: 86_400_000,
        ipv4Prefix: 32,
        ipv6Prefix: 64,
        pools: 'address',
        senders: 'exact',
        exempt: { senders: ['.cz'], networks: [] },
      },
      recipients: { extensionSigns: '' },
      tarpit: { delay: 5_000, speak: 'delays' },
      attachments: { encryptedArchives: 'pass', unreadableArchives: 'refuse' },
      antivirus: { clamd: [{ kind: 'tcp', host: '127.0.0.1', port: 3310 }] },
      antispam: { rspamd: ['http://127.0.0.1:11333'], refuseScore: 15, markScore: 6, sizeLimit: 20_971_520, onFault: 'delay' },
      state: { kind: 'sqlite', path: '/etc/vratny/state.db' },
      directory: { kind: 'sqlite', path: '/etc/vratny/directory.db' },
      mailboxes: 'directory',
      delivery: { kind: 'maildir', path: '/etc/vratny/mail' },
      publish: [],
      journal: { level: 'full' },
    });
  });

  it.each([
    ['state: "memory:"', 'state', { kind: 'memory' }],
    ['state: redis://cache', 'state', { kind: 'redis', url: 'redis://cache' }],
    ['state: rediss://app@[::1]:7000/3', 'state', { kind: 'redis', url: 'rediss://app@[::1]:7000/3' }],
    ['state: redis+sentinel://a:26379,b/main', 'state', { kind: 'redis', url: 'redis+sentinel://a:26379,b/main' }],
    [
      'state: { url: "redis://cache", password: { file: pw } }',
      'state',
      { kind: 'redis', url: 'redis://cache', password: { file: '/etc/vratny/pw' } },
    ],
    ['directory: sqlite:/var/lib/x.db', 'directory', { kind: 'sqlite', path: '/var/lib/x.db' }],
    [
      'directory: { url: "mariadb://mx@db1,[2001:db8::1]:3307/mail?sslmode=require", preset: mailcow, overlay: "sqlite:o.db" }',
      'directory',
      {
        kind: 'adopted',
        preset: 'mailcow',
        overlay: { kind: 'sqlite', path: '/etc/vratny/o.db' },
        database: {
          kind: 'mysql',
          user: 'mx',
          database: 'mail',
          servers: [
            { host: 'db1', port: 3306 },
            { host: '2001:db8::1', port: 3307 },
          ],
          tls: 'require',
        },
      },
    ],
    [
      'directory: { url: "postgres://mx@db,db2:5433/vratny?sslmode=require", password: { file: pw }, copy: "sqlite:copy.db" }',
      'directory',
      {
        kind: 'postgres',
        database: {
          kind: 'postgres',
          user: 'mx',
          database: 'vratny',
          servers: [
            { host: 'db', port: 5432 },
            { host: 'db2', port: 5433 },
          ],
          tls: 'require',
        },
        password: { file: '/etc/vratny/pw' },
        copy: '/etc/vratny/copy.db',
      },
    ],
    ['delivery: lmtp://store:2424', 'delivery', { kind: 'lmtp', servers: [{ host: 'store', port: 2424 }] }],
    [
      'delivery: lmtp://store,[2001:db8::1]:2424',
      'delivery',
      {
        kind: 'lmtp',
        servers: [
          { host: 'store', port: 24 },
          { host: '2001:db8::1', port: 2424 },
        ],
      },
    ],
    ['delivery: lmtp+unix:///run/lmtp', 'delivery', { kind: 'lmtp-unix', path: '/run/lmtp' }],
    [
      'delivery: { url: "lmtp://store:2424", connections: 40 }',
      'delivery',
      { kind: 'lmtp', servers: [{ host: 'store', port: 2424 }], connections: 40 },
    ],
    ['delivery: { url: "lmtp+unix:/run/lmtp", connections: 1 }', 'delivery', { kind: 'lmtp-unix', path: '/run/lmtp', connections: 1 }],
    ['delivery: { url: "maildir:mail" }', 'delivery', { kind: 'maildir', path: '/etc/vratny/mail' }],
    ['tls: { cert: a.pem, key: /k.pem }', 'tls', { certificates: [{ at: 'tls', cert: '/etc/vratny/a.pem', key: '/k.pem' }] }],
    [
      'tls: { certificates: [{ cert: /e.pem, key: /e.key }, { cert: /r.pem, key: /r.key }], ciphers: "ECDHE+AESGCM:!aNULL" }',
      'tls',
      {
        certificates: [
          { at: 'tls.certificates[0]', cert: '/e.pem', key: '/e.key' },
          { at: 'tls.certificates[1]', cert: '/r.pem', key: '/r.key' },
        ],
        ciphers: 'ECDHE+AESGCM:!aNULL',
      },
    ],
    [
      'panel: { url: "https://p.example/", proxy: { networks: [] } }',
      'panel',
      { url: 'https://p.example', listen: { host: '127.0.0.1', port: 8080 }, proxy: { networks: [] } },
    ],
    [
      'dns: { servers: ["192.0.2.1", "[2001:db8::1]:5353", "2001:db8::2"] }',
      'dns',
      {
        servers: [
          { host: '192.0.2.1', port: 53 },
          { host: '2001:db8::1', port: 5353 },
          { host: '2001:db8::2', port: 53 },
        ],
      },
    ],
    ['antivirus: { clamd: ["unix:/run/clamd.ctl"] }', 'antivirus', { clamd: [{ kind: 'unix', path: '/run/clamd.ctl' }] }],
  ] as const)('%s', (text, key, expected) => {
    expect(siteOf(text)[key]).toEqual(expected);
  });

  it.each([
    ['', 'site.yaml:1: cluster: is missing'],
    ['cluster: {}', 'site.yaml:1: cluster.domain: is missing'],
    ['- 1', 'site.yaml:1: must be a map of keys, not [1]'],
    ['cluster: [', 'site.yaml:1: not valid YAML:'],
    [`${CLUSTER}\nlimits:\n  message: 1\n\n  # again\n  message: 2`, 'site.yaml:7: the key "message" stands here for the second time'],
    [`${CLUSTER}a: &a [1]\nb: !odd 1`, 'site.yaml:3: not valid YAML: Unresolved tag: !odd'],
    [`${CLUSTER}dnsbl:\n  zonez: []`, 'site.yaml:3: dnsbl.zonez: unknown key, did you mean "zones"?'],
    [
      `${CLUSTER}dnsbl:\n  zones:\n    - zone: x.example\n      code: []`,
      'site.yaml:5: dnsbl.zones[0].code: unknown key, did you mean "codes"?',
    ],
    [`${CLUSTER}state: { ulr: x }`, 'site.yaml:2: state.ulr: unknown key, did you mean "url"?'],
    [`${CLUSTER}tls: { cert: a, key: b, xyzzy: 1 }`, 'site.yaml:2: tls.xyzzy: unknown key; known are cert, key, certificates, ciphers'],
    [`${CLUSTER}tls: { certificates: [] }`, 'site.yaml:2: tls: must have `cert` and `key`, or `certificates`'],
    [`${CLUSTER}tls: { ciphers: HIGH }`, 'site.yaml:2: tls: must have `cert` and `key`, or `certificates`'],
    [`${CLUSTER}tls: { key: k }`, 'site.yaml:2: tls.cert: is missing'],
    [`${CLUSTER}tls: { certificates: [{ cert: a }] }`, 'site.yaml:2: tls.certificates[0].key: is missing'],
    [
      `${CLUSTER}tls: { cert: a, key: b, ciphers: "; x" }`,
      'site.yaml:2: tls.ciphers: must be a list of ciphers such as ECDHE+AESGCM:ECDHE+CHACHA20, not "; x"',
    ],
    [`${CLUSTER}panel: { url: "https://p.example/panel/" }`, 'site.yaml:2: panel.url: may have no path: give the panel a name of its own'],
    [`${CLUSTER}panel: { url: "https://p.example/?x" }`, 'site.yaml:2: panel.url: may have neither user, query nor fragment'],
    [`${CLUSTER}__proto__: 1`, 'site.yaml:2: __proto__: unknown key'],
    [`${CLUSTER}tls:\n  cert: a`, 'site.yaml:2: tls.key: is missing'],
    [`${CLUSTER}greylist:`, 'site.yaml:2: greylist: must be a map of keys, not null'],
    [`${CLUSTER}limits:\n  recipients: many`, 'site.yaml:3: limits.recipients: must be a whole number from 1 to 1000, not "many"'],
    [`${CLUSTER}limits:\n  message: 2GiB`, 'site.yaml:3: limits.message: must be from 1KiB to 1GiB, not "2GiB"'],
    [`${CLUSTER}limits:\n  messagesInFlight: 1MiB`, 'site.yaml:3: limits.messagesInFlight: must be at least limits.message'],
    [`${CLUSTER}networks:\n  own:\n    - 10.0.0.0/8\n    - 10.0.0.1/8`, 'site.yaml:5: networks.own[1]: has bits set behind its prefix'],
    [`${CLUSTER}networks: { own: 10.0.0.0/8 }`, 'site.yaml:2: networks.own: must be a list'],
    [`${CLUSTER}greylist: { delay: 5 }`, 'site.yaml:2: greylist.delay: must be a duration'],
    [`${CLUSTER}state: redis://me:secret@h`, 'site.yaml:2: state: holds a password'],
    [`${CLUSTER}delivery: lmtp://a,A:24`, 'site.yaml:2: delivery: names "A:24" twice'],
    [`${CLUSTER}delivery: lmtp://a,`, 'site.yaml:2: delivery: must be HOST:PORT, not ""'],
    [`${CLUSTER}delivery: lmtp://a,b,c,d,e,f,g,h,i`, 'site.yaml:2: delivery: names more than 8 servers'],
    [`${CLUSTER}delivery: 7`, 'site.yaml:2: delivery: must be maildir:PATH, lmtp://HOST:PORT[,HOST:PORT], lmtp+unix:PATH, or { url'],
    [`${CLUSTER}delivery: { url: "maildir:mail", connections: 2 }`, 'site.yaml:2: delivery: has `connections`, and a Maildir has none'],
    [
      `${CLUSTER}delivery: { url: "lmtp://a", connections: 0 }`,
      'site.yaml:2: delivery.connections: must be a whole number from 1 to 10000',
    ],
    [`${CLUSTER}delivery: { url: "lmtp://a", connection: 2 }`, 'site.yaml:2: delivery.connection: unknown key'],
    [`${CLUSTER}directory: postgres://me:secret@h/d`, 'site.yaml:2: directory: holds a password'],
    [`${CLUSTER}directory: ftp://h/d`, 'site.yaml:2: directory: must be sqlite:PATH or postgres://USER@HOST/DATABASE, not "ftp://h/d"'],
    [`${CLUSTER}directory: mysql://u@h/d`, 'site.yaml:2: directory: needs a preset (postfixadmin, '],
    [`${CLUSTER}directory: { url: "mysql://h/d", preset: mailcow }`, 'site.yaml:2: directory: needs a user'],
    [`${CLUSTER}directory: { url: "mysql://u:p@h/d", preset: mailcow }`, 'site.yaml:2: directory: holds a password'],
    [`${CLUSTER}directory: { url: "mysql://u@/d", preset: mailcow }`, 'site.yaml:2: directory: names no server'],
    [`${CLUSTER}directory: { url: "mysql://u@h/d?x=1", preset: mailcow }`, 'site.yaml:2: directory: has "x=1"'],
    [`${CLUSTER}directory: { url: "mysql://u@h/d", preset: plesk }`, 'site.yaml:2: directory.preset: must be "postfixadmin" or'],
    [`${CLUSTER}directory: { url: "mysql://u@h/d", domain: SELECT 1 }`, 'site.yaml:2: directory: needs a preset'],
    [`${CLUSTER}directory: { url: "sqlite:d.db", overlay: "sqlite:o.db" }`, 'site.yaml:2: directory: has an overlay without a preset'],
    [`${CLUSTER}directory: "sqlite:"`, 'site.yaml:2: directory: lacks the path after the colon'],
    [
      `${CLUSTER}antispam: { password: abc }`,
      'site.yaml:2: antispam.password: must be { file: PATH }: secrets do not stand in the site file',
    ],
    [`${CLUSTER}secondaryOf: { a: b }`, 'site.yaml:2: secondaryOf.a: must be "a" or "c", not "b"'],
    [
      `${CLUSTER}dnsbl: { zones: [{ zone: x.example, codes: [127.255.255.254] }] }`,
      'site.yaml:2: dnsbl.zones[0].codes[0]: must be an address in 127.0.0.0/8',
    ],
    [`${CLUSTER}dns: { servers: [resolver.example] }`, 'site.yaml:2: dns.servers[0]: must be the IP address of a resolver'],
    [`${CLUSTER}${'#'.repeat(1024 * 1024)}`, 'site.yaml:1: is larger than 1 MiB'],
  ])('%j', (text, expected) => {
    const [first, ...others] = problemsOf(text);
    expect(first).toContain(expected);
    expect(others).toEqual([]);
  });

  it('names every problem, in the order of the lines', () => {
    const problems = problemsOf('stat: x\ncluster: { name: 1, domain: y.example }\nfoo: 1\n');
    expect(problems.map((line) => line.split(' ')[0])).toEqual(['site.yaml:1:', 'site.yaml:2:', 'site.yaml:3:']);
  });

  it('survives aliases that multiply', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i}: &l${i} [${new Array(9).fill(i === 0 ? 'x' : `*l${i - 1}`).join(', ')}]`);
    expect(problemsOf(levels.join('\n'))[0]).toContain('not valid YAML');
  });

  it('never throws, whatever is written', () => {
    fc.assert(
      fc.property(fc.string(), fc.json(), (noise, json) => {
        for (const text of [noise, json, `${CLUSTER}limits: ${json}`, `cluster: ${noise}`]) {
          for (const problem of problemsOf(text)) expect(problem).toMatch(/^site\.yaml:\d+: /u);
        }
      }),
    );
  });
});

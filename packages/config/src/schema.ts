import { DEFAULT_SECONDARY_OF } from '@vratny/hosts';
import { z } from 'zod';
import { deliveryKeys } from './delivery-keys.ts';
import { historyKeys } from './history-keys.ts';
import { defaulted, optional, required } from './key.ts';
import { CERTIFICATES_MAX, DNSBL_CODES_MAX, DNSBL_ZONES_MAX, EXEMPTIONS_MAX, SERVERS_MAX } from './limits.ts';
import { publishKeys } from './publish-keys.ts';
import { section } from './section.ts';
import { directoryStore } from './values/directory.ts';
import { path, secret } from './values/file.ts';
import { clusterName, domainName, emailAddress, listingCode, senderPattern } from './values/name.ts';
import { MISSING } from './values/reading.ts';
import {
  cipherList,
  decimal,
  duration,
  endpoint,
  extensionSigns,
  network,
  oneOf,
  resolverEndpoint,
  size,
  wholeNumber,
} from './values/scalar.ts';
import { parseClamdAddress, parsePanelStore, parseStateStore } from './values/store.ts';
import { locator, secretLocator, webAddress } from './values/url.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const KIB = 1024;
const GIB = 1024 ** 3;

const cluster = section({
  name: defaulted(clusterName(), { about: 'What the names of its hosts begin with: `mx1` gives `mx1d10`, `mx1b20`, ...', default: 'mx1' }),
  domain: required(domainName(), {
    about: "The domain that the hosts' names end in: `mx1d10.thinline.example`.",
    example: 'thinline.example',
  }),
});

const limits = section({
  message: defaulted(size(KIB, GIB), {
    about: 'The largest message that is taken, in octets as received (SIZE, RFC 1870).',
    default: '100MiB',
  }),
  recipients: defaulted(wholeNumber(1, 1000), {
    about: 'Recipients of one message; `452 4.5.3` for the others, which the sender then sends separately.',
    default: 100,
  }),
  connections: defaulted(wholeNumber(1, 1_000_000), {
    about: 'Connections at once to one host, over all its workers; above it new ones get `421 4.3.2`.',
    default: 10_000,
  }),
  connectionsPerIp: defaulted(wholeNumber(1, 1_000_000), {
    about: 'Connections at once from one IP address to one host, over all its workers; above it new ones get `421 4.7.0`.',
    default: 50,
  }),
  failedRecipients: defaulted(wholeNumber(1, 10_000), {
    about: 'Refused recipients after which a session is closed with `421 4.7.0`: somebody is guessing addresses.',
    default: 20,
  }),
  messagesInFlight: defaulted(size(KIB, 1024 * GIB), {
    about:
      'Octets of all messages that one host is receiving or delivering, over all its workers; `452 4.3.1` above it. At least `limits.message`.',
    default: '512MiB',
  }),
});

const networks = section({
  own: defaulted(list(network(), EXEMPTIONS_MAX), {
    about: 'Networks of our own: exempt from DNSBL, greylisting and SPF.',
    default: [],
    example: ['192.0.2.0/24', '2001:db8::/32'],
  }),
  trustedForwarders: defaulted(list(network(), EXEMPTIONS_MAX), {
    about: 'Hosts that forward mail to us for others: exempt from DNSBL, greylisting and SPF.',
    default: [],
    example: ['198.51.100.7'],
  }),
});

const proxy = section({
  networks: defaulted(list(network(), EXEMPTIONS_MAX), {
    about:
      'Addresses of load balancers that speak the PROXY protocol, version 1 or 2. A connection from there must begin with its header (else `421`), and everything judges the client that the header names; a header from anywhere else is refused with `421`.',
    default: [],
    example: ['10.0.0.0/28'],
  }),
});

// Secondary b filters like policy d. No domain may meet a secondary that filters harder than its own choice, hence d
// alone may have it.
const secondaryOf = section({
  a: defaulted(oneOf('a', 'c'), { about: 'The secondary of policy a: `a` or `c`.', default: DEFAULT_SECONDARY_OF.a }),
  b: defaulted(oneOf('a', 'c'), { about: 'The secondary of policy b: `a` or `c`.', default: DEFAULT_SECONDARY_OF.b }),
  c: defaulted(oneOf('a', 'c'), { about: 'The secondary of policy c: `a` or `c`.', default: DEFAULT_SECONDARY_OF.c }),
  d: defaulted(oneOf('a', 'b', 'c'), { about: 'The secondary of policy d: `a`, `b` or `c`.', default: DEFAULT_SECONDARY_OF.d }),
});

const dnsbl = section({
  zones: defaulted(
    list(
      section({
        zone: required(domainName(), { about: "The list's zone.", example: 'bl.spamcop.net' }),
        codes: defaulted(list(listingCode(), DNSBL_CODES_MAX), {
          about:
            'The answers that mean "listed". Others do not count; `127.255.255.x` and those outside 127.0.0.0/8 mute the list and raise an alarm.',
          default: ['127.0.0.2'],
        }),
      }),
      DNSBL_ZONES_MAX,
    ),
    {
      about:
        'The lists of bad clients that policy d asks, all at once. Mind the terms of use of each: docs/BLACKLISTS.md has those of the usual ones.',
      default: [
        { zone: 'bl.spamcop.net', codes: ['127.0.0.2'] },
        { zone: 'psbl.surriel.com', codes: ['127.0.0.2'] },
      ],
    },
  ),
});

const greylist = section({
  delay: defaulted(duration(0, DAY_MS), { about: 'How long after its first attempt a sender is put off.', default: '5m' }),
  window: defaulted(duration(MINUTE_MS, 90 * DAY_MS), {
    about: 'How long it is then let through; every further message extends it.',
    default: '24h',
  }),
  ipv4Prefix: defaulted(wholeNumber(8, 32), {
    about: "How many leading bits of a client's IPv4 address count: 32 is the address itself.",
    default: 32,
  }),
  ipv6Prefix: defaulted(wholeNumber(16, 128), {
    about: "How many leading bits of a client's IPv6 address count: senders often change addresses within a /64.",
    default: 64,
  }),
  pools: defaulted(oneOf('address', 'spf'), {
    about:
      'What a sender waits for: each `address` of its servers (or network, see the prefixes), or with `spf` once for its domain where SPF confirms it. docs/GREYLISTING.md says when.',
    default: 'address',
  }),
  senders: defaulted(oneOf('exact', 'stable'), {
    about:
      'How a sender is told from others: by its `exact` address, or by the `stable` part of one that changes with every message (VERP, BATV, SRS). docs/GREYLISTING.md says when.',
    default: 'exact',
  }),
  exempt: defaulted(
    section({
      senders: defaulted(list(senderPattern(), EXEMPTIONS_MAX), {
        about: 'Senders never put off: `.cz` (everything that ends so), `example.org` (that domain) or `someone@example.org`.',
        default: ['.cz'],
      }),
      networks: defaulted(list(network(), EXEMPTIONS_MAX), { about: 'Clients never put off.', default: [], example: ['203.0.113.0/24'] }),
    }),
    { about: 'Who is never put off, besides `networks`.', default: {} },
  ),
});

const recipients = section({
  extensionSigns: defaulted(extensionSigns(), {
    about:
      'Signs besides `+` after which a recipient may have an extension: with `"-"` mail for `alice-shop@` is for `alice@`, unless there is an `alice-shop@`.',
    default: '',
    example: '-',
  }),
});

const attachments = section({
  encryptedArchives: defaulted(oneOf('pass', 'refuse'), {
    about: 'What becomes of archives that need a password: `pass` or `refuse`.',
    default: 'pass',
  }),
  unreadableArchives: defaulted(oneOf('refuse', 'pass'), {
    about: 'What becomes of archives that cannot be read to their end, or not within the budget: `refuse` or `pass`.',
    default: 'refuse',
  }),
});

const tarpit = section({
  delay: defaulted(duration(0, 30_000), { about: 'How long it waits before each reply, on average.', default: '5s' }),
  speak: defaulted(oneOf('delays', 'mail'), {
    about:
      'What the secondary `c` answers: `delays` is a 4xx to everything after the greeting; `mail` answers EHLO, STARTTLS and QUIT normally.',
    default: 'delays',
  }),
});

const antispam = (base: string) =>
  section({
    rspamd: defaulted(list(webAddress(), SERVERS_MAX), {
      about: "Addresses of rspamd's normal worker; all are tried before a message is put off.",
      default: ['http://127.0.0.1:11333'],
    }),
    password: optional(secret(base), {
      about: "The password of rspamd's worker, if it asks for one.",
      otherwise: 'none',
      example: { file: '/run/secrets/rspamd' },
    }),
    refuseScore: defaulted(decimal(0, 10_000), {
      about:
        'The score from which on a message is refused, where every mailbox it goes to has antispam on. What rspamd itself decides counts besides: `reject` and `discard` refuse (`554 5.7.1`), `soft reject` puts off (`451 4.7.1`).',
      default: 15,
    }),
    markScore: defaulted(decimal(0, 10_000), { about: 'The score from which on copies are marked with `X-Spam-Flag: YES`.', default: 6 }),
    sizeLimit: defaulted(size(KIB, GIB), { about: 'Larger messages go on marked as not scanned.', default: '20MiB' }),
    onFault: defaulted(oneOf('delay', 'pass'), {
      about: 'What becomes of a message when no rspamd answers: `delay` or `pass`.',
      default: 'delay',
    }),
  });

const dns = (base: string) =>
  section({
    servers: defaulted(list(resolverEndpoint(), SERVERS_MAX), {
      about: 'Resolvers to ask; none means those of the system. DNSSEC needs a validating one on the same machine.',
      default: [],
      example: ['127.0.0.1:53'],
    }),
    zoneFile: optional(path(base), {
      about: 'An RFC 1035 master file with absolute names, whose answers come before those of DNS (tests, demo).',
      otherwise: 'DNS alone answers',
      example: './zone.txt',
    }),
  });

const tls = (base: string) => {
  const cert = path(base);
  const key = path(base);
  return section({
    cert: optional(cert, {
      about: 'Certificates in PEM: that of the host first, then the chain. With `key`, the short form for one certificate.',
      otherwise: 'those of `certificates`',
      example: './tls/cert.pem',
    }),
    key: optional(key, {
      about: 'The private key in PEM, without a passphrase.',
      otherwise: 'those of `certificates`',
      example: './tls/key.pem',
    }),
    certificates: optional(
      list(
        section({
          cert: required(cert, { about: 'As `tls.cert`.', example: './tls/ecdsa.pem' }),
          key: required(key, { about: 'As `tls.key`.', example: './tls/ecdsa.key' }),
        }),
        CERTIFICATES_MAX,
      ),
      {
        about:
          'Several certificates: ECDSA beside RSA, or of several names. A client that asks for another name gets the one that covers it, all others those of the host, one for each kind of key, or the first ones. Files are looked at every second, and taken into use when all of them fit.',
        otherwise: '`cert` and `key`',
        example: [
          { cert: './tls/ecdsa.pem', key: './tls/ecdsa.key' },
          { cert: './tls/rsa.pem', key: './tls/rsa.key' },
        ],
      },
    ),
    ciphers: optional(cipherList(), {
      about: "Ciphers in the form of OpenSSL, best first. TLS 1.3's stay as they are unless the list names some of them.",
      otherwise: 'only ciphers with forward secrecy: those of TLS 1.3, and ECDHE with AES or ChaCha20 for TLS 1.2',
      example: 'ECDHE+AESGCM:ECDHE+CHACHA20',
    }),
  })
    .superRefine(({ cert, key, certificates = [] }, context) => {
      const missing = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
      if (cert !== undefined && key === undefined) missing(['key'], MISSING);
      else if (key !== undefined && cert === undefined) missing(['cert'], MISSING);
      else if (cert === undefined && certificates.length === 0) missing([], 'must have `cert` and `key`, or `certificates`');
    })
    .transform(({ cert, key, certificates = [], ciphers }) => ({
      certificates: [
        ...(cert === undefined || key === undefined ? [] : [{ at: 'tls', cert, key }]),
        ...certificates.map((pair, index) => ({ at: `tls.certificates[${index}]`, ...pair })),
      ],
      ...(ciphers === undefined ? {} : { ciphers }),
    }));
};

const antivirus = (base: string) =>
  section({
    clamd: defaulted(list(locator('tcp://HOST:PORT or unix:PATH', parseClamdAddress, { baseDirectory: base }), SERVERS_MAX), {
      about: 'Where clamd listens: `tcp://HOST:PORT` or `unix:PATH`; all are tried before a message is put off.',
      default: ['tcp://127.0.0.1:3310'],
    }),
  });

const journal = section({
  level: defaulted(oneOf('full', 'brief'), {
    about:
      'What the journal tells: `full` is every decision with its trace; `brief` is one line of some 300 octets for a message that was stored for everybody, and the trace of what was refused, delayed or faulty.',
    default: 'full',
  }),
});

const panelProxy = section({
  networks: defaulted(list(network(), EXEMPTIONS_MAX), {
    about:
      'Addresses of the web servers that stand before the panel: what they say of the client (`X-Forwarded-For`) is believed, and clients that ask too much are told apart by it.',
    default: ['127.0.0.0/8', '::1'],
    example: ['10.0.0.0/28'],
  }),
});

const panel = (base: string) =>
  section({
    url: required(webAddress(), {
      about: 'The address that people see; receipts in refusals point to it.',
      example: 'https://panel.example',
    }),
    listen: defaulted(endpoint(), {
      about: 'Where the panel listens, in clear: TLS is the business of the web server before it.',
      default: '127.0.0.1:8080',
    }),
    proxy: defaulted(panelProxy, { about: 'Web servers before the panel.', default: {} }),
    store: optional(locator('sqlite:FILE', parsePanelStore, { baseDirectory: base }), {
      about: 'Where the panel keeps what is its own: requests of senders to be let in.',
      otherwise: 'senders cannot ask to be let in',
      example: 'sqlite:./panel.db',
    }),
  });

/** Everything that the site file may hold. Relative paths start at `base`. */
export function siteSchema(base: string) {
  return section({
    cluster: required(cluster, { about: 'The cluster that all hosts belong to.' }),
    limits: defaulted(limits, { about: 'Bounds of one session and of one host.', default: {} }),
    postmaster: optional(emailAddress(), {
      about: 'Who gets mail to the bare `<postmaster>` (RFC 5321 §4.5.1).',
      otherwise: '`postmaster@` and the `cluster.domain`',
      example: 'postmaster@thinline.example',
    }),
    networks: defaulted(networks, { about: 'Clients that are trusted.', default: {} }),
    proxy: defaulted(proxy, { about: 'Load balancers before the hosts.', default: {} }),
    recipients: defaulted(recipients, { about: 'How addresses of ours are read.', default: {} }),
    secondaryOf: defaulted(secondaryOf, { about: 'Which secondary host serves the domains of a policy.', default: {} }),
    dns: defaulted(dns(base), { about: 'How names are looked up.', default: {} }),
    tls: optional(tls(base), { about: 'The certificates that STARTTLS shows.', otherwise: 'STARTTLS is not offered' }),
    dnsbl: defaulted(dnsbl, { about: 'Lists of bad clients (RFC 5782).', default: {} }),
    greylist: defaulted(greylist, { about: 'Greylisting, on secondary hosts.', default: {} }),
    tarpit: defaulted(tarpit, { about: 'The secondary host that takes nothing.', default: {} }),
    attachments: defaulted(attachments, { about: 'Forbidden attachments, in policies c and d.', default: {} }),
    antivirus: defaulted(antivirus(base), { about: 'The virus scanner of policies b, c and d.', default: {} }),
    antispam: defaulted(antispam(base), { about: 'The spam scanner, for mailboxes that have it switched on.', default: {} }),
    state: defaulted(secretLocator('memory:, sqlite:PATH or redis://HOST:PORT', parseStateStore, base), {
      about:
        'What hosts share: the ledger of deliveries and its lease (no second copy when a sender tries again, one attempt at a message at a time), greylisting, and counters of messages that crashed an archive reader. `memory:` (one process), `sqlite:PATH` (one machine) or `redis://HOST:PORT` (a cluster; also `redis+sentinel://HOST:PORT,.../MASTER` and `redis+cluster://HOST:PORT,...`; `rediss` for TLS).',
      default: 'sqlite:./state.db',
    }),
    directory: defaulted(directoryStore(base), {
      about:
        'Domains, mailboxes and aliases. A directory of ours: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`. Or the database of a hosting program, which is only read: `{ url: "mysql://USER@HOST[,HOST]/DATABASE", password: { file: PATH }, preset: NAME, overlay: "sqlite:PATH" }`, also `postgres://` and `sqlite:`. `preset` is `postfixadmin`, `mailcow`, `ispconfig`, `modoboa` or `froxlor`; other databases have two statements of their own, `domain` and `address`. `overlay` is a directory of ours with what the database lacks: policies, antispam, stores; for many nodes `{ url: "postgres://USER@HOST/DATABASE", password: { file: PATH } }`. `copy: "sqlite:PATH"` (with PostgreSQL of ours too) is a local copy that each host keeps: who is in it gets mail while the database is away; `version` is a statement whose answer differs after every change, which the copy is compared with each second. docs/ADOPTING.md has all of it.',
      default: 'sqlite:./directory.db',
    }),
    mailboxes: defaulted(oneOf('directory', 'store'), {
      about:
        'Who knows which mailboxes there are: the `directory`, or the mailbox `store`, which is asked for each recipient; the directory then needs only domains and aliases. A domain may say otherwise (`mxctl domain mailboxes`).',
      default: 'directory',
    }),
    ...historyKeys(base),
    ...deliveryKeys(base),
    ...publishKeys(base),
    spool: optional(path(base), {
      about: 'A directory for messages on their way, above 256 KiB; nothing in it outlives its session.',
      otherwise: "the system's directory for temporary files",
      example: './spool',
    }),
    journal: defaulted(journal, { about: 'What is written to standard error.', default: {} }),
    panel: optional(panel(base), {
      about: 'The web panel: for now the pages of receipts, for senders whose mail was refused or delayed.',
      otherwise: 'there is none, and refusals carry no link',
    }),
  })
    .superRefine((site, context) => {
      if (site.limits.messagesInFlight >= site.limits.message) return;
      context.addIssue({ code: 'custom', path: ['limits', 'messagesInFlight'], message: 'must be at least limits.message' });
    })
    .transform(({ trace, ...site }) => ({
      ...site,
      postmaster: site.postmaster ?? `postmaster@${site.cluster.domain}`,
      history: site.history ?? (trace === undefined ? undefined : { url: trace, days: 14, owners: 'refused' as const }),
    }));
}

/** A site: what one cluster's processes share. Sizes are octets, durations milliseconds, paths absolute. */
export type Site = Readonly<z.output<ReturnType<typeof siteSchema>>>;

/** A list of at most `max` entries. */
function list<S extends z.ZodType>(entry: S, max: number): z.ZodReadonly<z.ZodArray<S>> {
  return z.array(entry, 'must be a list').max(max, `has more than ${max} entries`).readonly();
}

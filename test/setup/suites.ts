/** The suites that `npm test` runs after `pnpm check`'s parts, in this order, and the Debian packages that each of them needs. */

import type { UnpackedPackages } from '@vratny/daemons';
import { EXIM, OPENSMTPD, SENDMAIL } from '@vratny/support/unpacked-root';

/** One vitest project that works with real programs. */
export interface Suite {
  /** Name of the vitest project. */
  readonly name: string;
  /** What it shows, for the person who watches. */
  readonly shows: string;
  /** Debian packages; without one of them the suite is left out. */
  readonly packages: readonly string[];
  /** Debian packages that conflict with those: unpacked instead, and needed as much. */
  readonly unpacked?: readonly UnpackedPackages[];
  /** Bound of the whole suite, after which its process is stopped and the run has failed. */
  readonly timeoutMs: number;
}

/** Add a suite here; a suite that is not in this table is not run. */
export const SUITES: readonly Suite[] = [
  {
    name: 'dialogues',
    shows: 'protocol stories, in-process and against the real program',
    packages: ['clamav-daemon'],
    timeoutMs: 300_000,
  },
  { name: 'stories', shows: 'bad input, kills and full disks at the command line', packages: ['clamav-daemon'], timeoutMs: 600_000 },
  {
    name: 'state',
    shows: 'Redis as it is: alone, as a cluster, killed, frozen, failed over by a sentinel',
    packages: ['redis-server'],
    timeoutMs: 300_000,
  },
  {
    name: 'browser',
    shows: 'the pages for senders in a real browser: languages, looks, the request to be let in, and no serious finding of axe',
    packages: ['chromium'],
    timeoutMs: 300_000,
  },
  {
    name: 'load',
    shows: 'small runs of the measurements in test/load',
    packages: ['clamav-daemon', 'redis-server'],
    timeoutMs: 300_000,
  },
  {
    name: 'parsers',
    shows: 'no message holds up a worker: every construct, three sizes, every reader; and ten clients with all of them at real hosts',
    packages: ['clamav-daemon'],
    timeoutMs: 600_000,
  },
  {
    name: 'scanner',
    shows: 'ClamAV and rspamd as they are: limits, kills, reloads, 99 MB; and all programs as one executable file with them',
    packages: ['binutils', 'clamav-daemon', 'rspamd'],
    timeoutMs: 600_000,
  },
  {
    name: 'interop',
    shows:
      'ten real mail servers and clients as senders; unbound, Knot, PowerDNS and rbldnsd as the DNS around it; HAProxy before it; certificates',
    packages: [
      ...[
        'clamav-daemon',
        'postfix',
        'unbound',
        'knot',
        'pdns-server',
        'pdns-backend-sqlite3',
        'rbldnsd',
        'haproxy',
        'openssl',
        'curl',
        'msmtp',
        'python3',
        's-nail',
        'swaks',
      ],
      ...['libio-socket-ssl-perl', 'libnet-dns-perl', 'libnet-ssleay-perl'],
    ],
    unpacked: [EXIM, OPENSMTPD, SENDMAIL],
    timeoutMs: 720_000,
  },
  {
    name: 'hostile',
    shows: 'floods, lies and slow clients: the reply that each gets, and what it costs',
    packages: [],
    timeoutMs: 600_000,
  },
  {
    name: 'operations',
    shows: "the operator's page, command by command, on a machine with a systemd of its own",
    packages: ['systemd', 'systemd-container', 'iproute2', 'curl', 'haproxy', 'openssl', 'socat'],
    timeoutMs: 900_000,
  },
  {
    name: 'delivery',
    shows: 'Dovecot as the mailbox store: what is acknowledged is there, whatever happens to it',
    packages: ['dovecot-core', 'dovecot-lmtpd', 'dovecot-imapd', 'dovecot-sqlite'],
    timeoutMs: 600_000,
  },
  {
    name: 'directory',
    shows:
      'MariaDB and PostgreSQL with the tables of five hosting programs, read by accounts that may only read, and our own in PostgreSQL',
    packages: ['mariadb-server', 'postgresql', 'dovecot-core', 'dovecot-lmtpd', 'dovecot-imapd', 'strace'],
    timeoutMs: 600_000,
  },
  {
    name: 'attachments',
    shows: 'no forbidden file in any wrapping reaches a mailbox, and ordinary mail of real programs does',
    packages: [
      ...['clamav-daemon', 'clamav-testfiles', 'p7zip-full', 'libarchive-tools', 'zip', 'git', 'git-email', 'python3', 'gnupg', 'openssl'],
      ...['python3-docx', 'python3-openpyxl', 'python3-dkim', 'postfix', 'mutt', 's-nail', 'mpack', 'sharutils', 'tnef', 'ytnef-tools'],
    ],
    timeoutMs: 600_000,
  },
  {
    name: 'faults',
    shows: 'kills at every system call, power cuts, failing disks: nothing acknowledged is lost, every second copy is explained',
    packages: ['strace', 'e2fsprogs', 'mount', 'redis-server', 'dovecot-core', 'dovecot-lmtpd', 'dovecot-imapd', 'dovecot-sqlite'],
    timeoutMs: 600_000,
  },
];

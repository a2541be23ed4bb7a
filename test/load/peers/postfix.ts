import { spawnSync } from 'node:child_process';
import { chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@vratny/daemons';
import { runToEnd } from '@vratny/support/running-program';
import { canConnect } from './can-connect.ts';
import { DOMAIN, type Ground, makeServerFolder, type Peer, queueIsEmpty, type RunningServer } from './server.ts';

const COMMON = `compatibility_level = 3.6
myhostname = mx.test
mydestination =
mynetworks =
inet_interfaces = loopback-only
inet_protocols = ipv4
relay_domains = ${DOMAIN}
relay_recipient_maps = inline:{ { b@${DOMAIN} = ok } }
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
default_process_limit = 100
message_size_limit = 110000000
smtpd_tls_security_level = may
`;

/** Postfix as Debian has it: accepts, queues with fsync, and delivers from the queue by LMTP. */
export function postfixQueue(): Peer {
  return {
    id: 'postfix',
    title: `Postfix ${version()}: queue, then LMTP`,
    configuration: `${COMMON}relay_transport = lmtp:inet:127.0.0.1:SINK`,
    start: (ground) => start(ground, 'queue', `relay_transport = lmtp:inet:127.0.0.1:${ground.lmtpSink}\n`, ''),
  };
}

/** Postfix that delivers from its queue into a Maildir, with fsync. */
export function postfixMaildir(): Peer {
  const main = (folder: string) => `relay_domains =
virtual_mailbox_domains = ${DOMAIN}
virtual_mailbox_maps = inline:{ { b@${DOMAIN} = b/ } }
virtual_mailbox_base = ${folder}
virtual_mailbox_limit = 0
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
`;
  return {
    id: 'postfix-maildir',
    title: `Postfix ${version()}: queue, then Maildir`,
    configuration: `${COMMON}${main('FOLDER')}`,
    start: (ground) => {
      const folder = makeServerFolder(ground, 'postfix-mail');
      chownSync(folder, 65_534, 65_534);
      return start(ground, 'maildir', main(folder), '');
    },
  };
}

/** Postfix as a filter before an SMTP server: nothing is queued, the next server's reply is the client's. */
export function postfixProxy(): Peer {
  const option = (port: number | string) => ` -o smtpd_proxy_filter=127.0.0.1:${port} -o smtpd_proxy_options=speed_adjust`;
  return {
    id: 'postfix-proxy',
    title: `Postfix ${version()}: before-queue proxy filter`,
    configuration: `${COMMON}smtpd (master.cf)${option('SINK')}`,
    start: (ground) => start(ground, 'proxy', '', option(ground.smtpSink)),
  };
}

function version(): string {
  const run = spawnSync('postconf', ['-h', 'mail_version'], { encoding: 'utf8' });
  return run.status === 0 ? run.stdout.trim() : '(not installed)';
}

async function start(ground: Ground, name: string, main: string, options: string): Promise<RunningServer> {
  const port = await findFreePort();
  const folder = makeServerFolder(ground, `postfix-${name}`);
  const at = (...path: readonly string[]) => join(folder, ...path);
  for (const path of ['etc', 'queue', 'data']) mkdirSync(at(path), { recursive: true });
  chownSync(at('data'), Number(idOf('-u')), Number(idOf('-g')));
  const master = ['/usr/share/postfix/master.cf.dist', '/etc/postfix/master.cf'].find((path) => existsSync(path));
  if (master === undefined) throw new Error('Postfix has no master.cf here');
  copyFileSync(master, at('etc', 'master.cf'));
  const services = readFileSync(at('etc', 'master.cf'), 'latin1')
    .replace(/^smtp +inet.*smtpd$/mu, `127.0.0.1:${port} inet n - n - 100 smtpd${options}`)
    // No service has a root of its own: it would have to be filled with libraries first.
    .replace(/^(\S+ +(?:unix|inet|fifo|pass) +\S+ +\S+ +)y/gmu, '$1n');
  writeFileSync(at('etc', 'master.cf'), services);
  const places = `queue_directory = ${at('queue')}\ndata_directory = ${at('data')}\nmaillog_file_prefixes = ${folder}\nmaillog_file = ${at('mail.log')}\n`;
  const system = 'command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\nsetgid_group = postdrop\n';
  const tls = `smtpd_tls_cert_file = ${ground.tls.cert}\nsmtpd_tls_key_file = ${ground.tls.key}\n`;
  writeFileSync(at('etc', 'main.cf'), COMMON + main + places + system + tls);
  const run = await runToEnd('postfix', ['-c', at('etc'), 'start']);
  const explain = () => `${run.stderr()}${existsSync(at('mail.log')) ? readFileSync(at('mail.log'), 'latin1').slice(-2_000) : ''}`;
  if (run.ending() !== 0) throw new Error(`postfix start: ${explain()}`);
  await canConnect(port, explain);
  return {
    port,
    pid: Number(readFileSync(at('queue', 'pid', 'master.pid'), 'latin1').trim()),
    settled: () => queueIsEmpty(...['incoming', 'active', 'maildrop'].map((name) => at('queue', name))),
    [Symbol.asyncDispose]: async () => void (await runToEnd('postfix', ['-c', at('etc'), 'stop'])),
  };
}

function idOf(option: '-u' | '-g'): string {
  const run = spawnSync('id', [option, 'postfix'], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`there is no user postfix (this is ${userInfo().username})`);
  return run.stdout.trim();
}

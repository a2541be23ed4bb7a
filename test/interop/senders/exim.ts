import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIM, makeUnpackedRoot } from '@vratny/support/unpacked-root';
import { type Outgoing, writeMessages } from './sender.ts';

/** What an Exim is told. */
export interface EximOptions {
  /** Port of mx on 127.0.0.1; all mail goes there. */
  readonly relayPort: number;
  /** `encrypt` insists on STARTTLS, `none` never uses it. */
  readonly tls: 'encrypt' | 'none';
  /** Further options of its smtp transport. */
  readonly transport?: readonly string[];
}

/** Debian's Exim 4.96 with a spool of its own. */
export interface Exim extends Disposable {
  /** Puts messages into the queue, one after the other. Each is tried before the next one comes, or with `wait` by {@link runQueue}. */
  send(messages: readonly Outgoing[], when: 'at once' | 'wait'): Promise<void>;
  /** Tries all that waits once, over as few connections as it can (`-qqf`). */
  runQueue(): Promise<void>;
  /** Its main log so far: `=>` delivered, `==` put off, `**` refused, `K` with CHUNKING. */
  log(): string;
  /** Messages that still wait. */
  countQueued(): Promise<number>;
}

const USER = { name: 'Debian-exim', id: 1999 };

const renderConfig = ({ relayPort, tls, transport = [] }: EximOptions, shared: string) => `primary_hostname = client.test
log_file_path = ${shared}/%slog
log_selector = +smtp_confirmation
trusted_users = root
keep_environment =
disable_ipv6
begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = mx
begin transports
mx:
  driver = smtp
  port = ${relayPort}
  ${tls === 'encrypt' ? 'hosts_require_tls = *' : 'hosts_avoid_tls = *'}
  tls_verify_hosts =
  tls_try_verify_hosts =
${transport.map((line) => `  ${line}\n`).join('')}begin retry
* * F,1h,1m
`;

/** Prepares one. Each message brings a process of its own: there is no daemon to start. */
export async function makeExim(options: EximOptions): Promise<Exim> {
  const root = await makeUnpackedRoot({
    from: EXIM,
    users: [USER],
    etc: (shared) => ({ 'exim4/exim4.conf': renderConfig(options, shared), mailname: 'client.test\n' }),
    prepare: 'mkdir -p /var/spool/exim4 && chown -R Debian-exim: /var/spool/exim4',
  });
  chmodSync(root.shared, 0o777);
  return {
    async send(messages, when) {
      const rows = writeMessages(root.shared, messages, '\n').flatMap(({ from, to, file }) => [from, to, file]);
      const script = 'mode=$1; shift; while [ $# -gt 0 ]; do exim4 "$mode" -i -f "$1" -- "$2" < "$3" || exit; shift 3; done';
      await root.run(script, when === 'wait' ? '-odq' : '-odi', ...rows);
    },
    runQueue: async () => void (await root.run('exec exim4 -qqf')),
    log: () => {
      try {
        return readFileSync(join(root.shared, 'mainlog'), 'latin1');
      } catch {
        // Nothing was sent yet.
        return '';
      }
    },
    countQueued: async () => Number((await root.run('exec exim4 -bpc')).trim()),
    [Symbol.dispose]: () => root[Symbol.dispose](),
  };
}

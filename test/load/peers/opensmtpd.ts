import { join } from 'node:path';
import { findFreePort } from '@vratny/daemons';
import { makeUnpackedRoot, OPENSMTPD } from '@vratny/support/unpacked-root';
import { canConnect } from './can-connect.ts';
import { DOMAIN, type Peer, queueIsEmpty } from './server.ts';

const USERS = [
  { name: 'opensmtpd', id: 1996 },
  { name: 'opensmtpq', id: 1995 },
];

const renderConfig = (port: number | string, sink: number | string) => `listen on socket
listen on 127.0.0.1 port ${port}
action "store" relay host "lmtp://127.0.0.1:${sink}"
match from any for domain "${DOMAIN}" action "store"
`;

/** OpenSMTPD as Debian has it, unpacked: accepts, queues with fsync, delivers by LMTP. */
export function opensmtpd(): Peer {
  return {
    id: 'opensmtpd',
    title: 'OpenSMTPD 6.8.0: queue, then LMTP',
    configuration: renderConfig('PORT', 'SINK'),
    async start({ lmtpSink }) {
      const port = await findFreePort();
      await using stack = new AsyncDisposableStack();
      const root = stack.use(
        await makeUnpackedRoot({
          from: OPENSMTPD,
          users: USERS,
          etc: () => ({ 'smtpd.conf': renderConfig(port, lmtpSink), mailname: 'mx.test\n', aliases: '' }),
          prepare: 'mkdir -p -m 711 /var/spool/smtpd /var/lib/opensmtpd/empty',
        }),
      );
      const daemon = stack.adopt(root.start('exec smtpd -d'), async (one) => void (await one.stop()));
      const explain = () => `${daemon.stdout().slice(-2_000)}${daemon.stderr().slice(-2_000)}`;
      await canConnect(port, explain);
      const queue = join(root.shared, '..', 'root', 'var', 'spool', 'smtpd', 'queue');
      const owned = stack.move();
      return {
        port,
        pid: daemon.pid,
        settled: () => queueIsEmpty(queue),
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      };
    },
  };
}

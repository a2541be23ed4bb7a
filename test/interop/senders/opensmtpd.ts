import { makeUnpackedRoot, OPENSMTPD } from '@vratny/support/unpacked-root';
import { waitFor } from '@vratny/support/wait-for';
import { type SenderKind, troubles, writeMessages } from './sender.ts';

const USERS = [
  { name: 'opensmtpd', id: 1996 },
  { name: 'opensmtpq', id: 1995 },
];

const renderConfig = (port: number, tls: boolean) => `listen on socket
action "mx" relay host "smtp+${tls ? 'tls' : 'notls'}://127.0.0.1:${port}" helo "client.test"${tls ? ' tls no-verify' : ''}
match from any for any action "mx"
`;

/** OpenSMTPD's daemon: what came while it was paused goes out on one connection. */
export const opensmtpd: SenderKind = {
  name: 'OpenSMTPD',
  reuses: true,
  async send({ port, tls }, messages) {
    using root = await makeUnpackedRoot({
      from: OPENSMTPD,
      users: USERS,
      etc: () => ({ 'smtpd.conf': renderConfig(port, tls), mailname: 'client.test\n', aliases: '' }),
      prepare: 'mkdir -p -m 711 /var/spool/smtpd /var/lib/opensmtpd/empty',
    });
    // Its programs find the daemon by its socket, and insist on the group that Debian's script sets on their file.
    const asGroup = (script: string, ...args: readonly string[]) =>
      root.run(`exec setpriv --regid opensmtpq --clear-groups ${script}`, ...args);
    const daemon = root.start('exec smtpd -d -v');
    const explain = () => `${daemon.stdout()}${daemon.stderr()}`;
    try {
      await waitFor('smtpd serves', () => asGroup('smtpctl show status').catch(() => undefined), { explain });
      await asGroup('smtpctl pause mta');
      const rows = writeMessages(root.shared, messages, '\n').flatMap(({ from, to, file }) => [from, to, file]);
      const submit = 'while [ $# -gt 0 ]; do sendmail -i -f "$1" -- "$2" < "$3" || exit; shift 3; done';
      await asGroup(`sh -c '${submit}' sh "$@"`, ...rows);
      await asGroup('smtpctl resume mta');
      await waitFor('the queue is empty', async () => ((await asGroup('smtpctl show queue')).trim() === '' ? true : undefined), {
        explain,
      });
    } finally {
      await daemon.stop();
    }
    return troubles(explain(), /delivery.* result="(?!Ok)|TempFail|PermFail/u);
  },
};

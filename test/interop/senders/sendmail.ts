import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeUnpackedRoot, SENDMAIL } from '@vratny/support/unpacked-root';
import { type SenderKind, troubles, writeMessages } from './sender.ts';

const PROGRAM = '/usr/libexec/sendmail/sendmail';
const USERS = [
  { name: 'smmta', id: 1998 },
  { name: 'smmsp', id: 1997 },
];

/** `sendmail.mc`: everything goes to mx, by SMTP with its extensions. */
const renderMc = (port: number, tls: boolean) => `divert(0)dnl
include(\`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(\`linux')dnl
define(\`confDOMAIN_NAME', \`client.test')dnl
define(\`confDONT_PROBE_INTERFACES', \`True')dnl
define(\`QUEUE_DIR', \`/var/spool/mqueue')dnl
define(\`STATUS_FILE', \`/var/lib/sendmail-statistics')dnl
define(\`confPID_FILE', \`/run/sendmail.pid')dnl
define(\`SMART_HOST', \`esmtp:[127.0.0.1]')dnl
define(\`ESMTP_MAILER_ARGS', \`TCP $h ${port}')dnl
define(\`confCONNECTION_CACHE_SIZE', \`2')dnl
${tls ? '' : "CLIENT_OPTIONS(`Family=inet, Address=127.0.0.1, Modifiers=S')dnl\n"}FEATURE(\`nocanonify')dnl
FEATURE(\`accept_unresolvable_domains')dnl
MAILER(\`smtp')dnl
`;

/** sendmail: messages wait in its queue, and one run of the queue sends them on one connection. */
export const sendmail: SenderKind = {
  name: 'sendmail',
  reuses: true,
  async send({ port, tls }, messages) {
    using root = await makeUnpackedRoot({
      from: SENDMAIL,
      users: USERS,
      etc: () => ({
        'mail/test.mc': renderMc(port, tls),
        'mail/local-host-names': '',
        'mail/service.switch': 'hosts files\naliases files\n',
      }),
      prepare: 'mkdir -m 700 /var/spool/mqueue',
    });
    await root.run('m4 /etc/mail/test.mc > "$1/sendmail.cf"', root.shared);
    chmodSync(join(root.shared, 'sendmail.cf'), 0o644);
    const config = join(root.shared, 'sendmail.cf');
    const rows = writeMessages(root.shared, messages, '\n').flatMap(({ from, to, file }) => [from, to, file]);
    const submit = 'while [ $# -gt 0 ]; do "$sendmail" -Am -C "$config" -odq -i -f "$1" -- "$2" < "$3" || exit; shift 3; done';
    await root.run(`sendmail=${PROGRAM} config=$1; shift; ${submit}`, config, ...rows);
    await root.run(`exec ${PROGRAM} -Am -C "$1" -q -v > "$2/run" 2>&1`, config, root.shared);
    const said = readFileSync(join(root.shared, 'run'), 'latin1');
    return troubles(said, /^[45]\d\d |Deferred|timed out/u);
  },
};

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '@vratny/support/running-program';
import { createTransport } from 'nodemailer';
import { render, type SenderKind, type Target, type WrittenMessage, writeMessages } from './sender.ts';

const PYTHON = join(import.meta.dirname, 'smtplib-sends.py');

/** Runs a program; what it wrote is the reason when it fails. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const program = await runToEnd(command, args);
  if (program.ending() !== 0) throw new Error(`${command}: exit ${program.ending()}\n${program.stdout()}${program.stderr()}`);
}

/** A program that is run once for each message. */
const each = (
  name: string,
  end: '\r\n' | '\n',
  line: (target: Target, message: WrittenMessage) => readonly [string, ...(readonly string[])],
): SenderKind => ({
  name,
  reuses: false,
  async send(target, messages) {
    for (const message of writeMessages(target.folder, messages, end)) {
      const [command, ...args] = line(target, message);
      await run(command, args);
    }
    return [];
  },
});

/** msmtp reads the message from its standard input. */
const msmtp = each('msmtp', '\n', ({ port, tls }, { from, to, file }) => [
  ...(['sh', '-c', 'file=$1; shift; exec msmtp "$@" < "$file"', 'sh', file, '--host=127.0.0.1', `--port=${port}`] as const),
  ...['--domain=client.test', ...(tls ? ['--tls=on', '--tls-starttls=on', '--tls-certcheck=off'] : ['--tls=off']), `--from=${from}`, to],
]);

const swaks = each('swaks', '\n', ({ port, tls }, { from, to, file }) => [
  ...(['swaks', '--server', '127.0.0.1', '--port', String(port), '--helo', 'client.test', '--from', from, '--to', to] as const),
  ...['--data', `@${file}`, '--hide-all', ...(tls ? ['--tls'] : [])],
]);

/** s-nail composes the message itself, from the text alone. */
const sNail: SenderKind = {
  name: 's-nail',
  reuses: false,
  async send({ port, tls, folder }, messages) {
    const settings = [
      ...['sendwait', 'v15-compat', `mta=smtp://127.0.0.1:${port}`, 'smtp-auth=none', 'smtp-hostname=client.test', 'hostname=client.test'],
      ...(tls ? ['smtp-use-starttls', 'tls-verify=ignore'] : []),
    ].flatMap((setting) => ['-S', setting]);
    const file = join(folder, 'text');
    for (const { subject, from, to, body } of messages) {
      writeFileSync(file, body.replaceAll('\r\n', '\n'), 'latin1');
      const script = 'file=$1; shift; exec s-nail -n "$@" < "$file"';
      await run('sh', ['-c', script, 'sh', file, ...settings, '-r', from, '-s', subject, to]);
    }
    return [];
  },
};

/** curl sends one upload after the other, on the connection that it has. */
const curl: SenderKind = {
  name: 'curl',
  reuses: true,
  async send(target, messages) {
    const uploads = writeMessages(target.folder, messages, '\r\n').map(({ from, to, file }) => [
      ...['--silent', '--show-error', '--url', `smtp://127.0.0.1:${target.port}/client.test`],
      ...['--mail-from', from, '--mail-rcpt', to, '--upload-file', file, ...(target.tls ? ['--ssl-reqd', '--insecure'] : [])],
    ]);
    await run('curl', ['--disable', '--fail-early', ...uploads.flatMap((upload, index) => (index === 0 ? upload : ['--next', ...upload]))]);
    return [];
  },
};

const smtplib: SenderKind = {
  name: 'smtplib',
  reuses: true,
  async send(target, messages) {
    const list = join(target.folder, 'list.json');
    writeFileSync(list, JSON.stringify(writeMessages(target.folder, messages, '\r\n')));
    await run('python3', [PYTHON, String(target.port), target.tls ? 'tls' : 'plain', list]);
    return [];
  },
};

/** A pool of one connection. */
const nodemailer: SenderKind = {
  name: 'nodemailer',
  reuses: true,
  async send({ port, tls }, messages) {
    const security = tls ? { requireTLS: true, tls: { rejectUnauthorized: false } } : { ignoreTLS: true };
    const transport = createTransport({ host: '127.0.0.1', port, name: 'client.test', pool: true, maxConnections: 1, ...security });
    try {
      await Promise.all(
        messages.map((message) =>
          transport.sendMail({ envelope: { from: message.from, to: message.to }, raw: Buffer.from(render(message), 'latin1') }),
        ),
      );
    } finally {
      transport.close();
    }
    return [];
  },
};

/** Programs that send once and report at once, without a queue. */
export const PROGRAMS: readonly SenderKind[] = [msmtp, swaks, curl, sNail, nodemailer, smtplib];

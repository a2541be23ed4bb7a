import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { versionOf } from '@vratny/adapters';
import { describeError } from '@vratny/text';
import { createTransport } from 'nodemailer';
import { readPorts } from './ports.ts';
import { testContent } from './test-mail.ts';
import { DOMAIN_LIST, DOMAINS, MAILBOX } from './world.ts';

const HELP = `npm run -s send -- [--to ADDRESS] [--from ADDRESS] [--host ID] [--client IP] [--subject TEXT] [--text TEXT] [--attach FILE]...
                       [--virus] [--spam]

Sends one message to the running demo and shows what was said. The host is that of the recipient's domain.
--virus attaches EICAR, the harmless file that every virus scanner finds; --spam adds GTUBE, the text that every spam scanner refuses.
Exit code: 0 taken, 1 refused or delayed.
`;

/** Somebody who writes to them. */
const SENDER = 'bob@sender.test';

const values = parseArgs({
  options: {
    to: { type: 'string', default: `${MAILBOX}@${DOMAINS.d}` },
    from: { type: 'string', default: SENDER },
    host: { type: 'string' },
    client: { type: 'string', default: '127.0.0.1' },
    subject: { type: 'string', default: 'Hello from the demo' },
    text: { type: 'string', default: 'Dobrý den!\n\nThis message went through a Vratny host.\n' },
    attach: { type: 'string', multiple: true, default: [] },
    virus: { type: 'boolean', default: false },
    spam: { type: 'boolean', default: false },
    directory: { type: 'string', default: 'var' },
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean' },
  },
}).values;

/** Shows the lines of the session out of the library's log. */
const dialogue = {
  level: () => undefined,
  trace: () => undefined,
  debug: (entry: unknown, text: string) => showLine(entry, text),
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
};

if (values.help) process.stdout.write(HELP);
else if (values.version) process.stdout.write(`${versionOf('send')}\n`);
else process.exitCode = await send();

async function send(): Promise<number> {
  const domain = values.to.slice(values.to.lastIndexOf('@') + 1).toLowerCase();
  const letter = DOMAIN_LIST.find((one) => one.domain === domain)?.letter ?? 'd';
  const host = values.host ?? `${letter}10`;
  const port = readPorts(resolve(values.directory))?.[host];
  if (port === undefined) {
    process.stderr.write(`send: no host ${host} of a demo is running here; start it with: npm start\n`);
    return 1;
  }
  // The demo's certificate is its own.
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    localAddress: values.client,
    name: 'mail.sender.test',
    tls: { rejectUnauthorized: false },
    logger: dialogue,
    debug: true,
  });
  try {
    const { text, attachments } = testContent(values.text, values);
    const files = [...values.attach.map((path) => ({ path })), ...attachments];
    await transport.sendMail({ from: values.from, to: values.to, subject: values.subject, text, attachments: files });
    process.stdout.write('taken: it is in the mailbox\n');
    return 0;
  } catch (error) {
    process.stdout.write(`not taken: ${describeError(error)}\n`);
    return 1;
  } finally {
    transport.close();
  }
}

function showLine(entry: unknown, text: string): void {
  const side = typeof entry === 'object' && entry !== null && 'tnx' in entry ? entry.tnx : undefined;
  if (side === 'client' || side === 'server') process.stdout.write(`${side === 'client' ? 'C' : 'S'}: ${text.trimEnd()}\n`);
}

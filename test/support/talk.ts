import { parseDialogue } from './dialogue/parse.ts';
import { play } from './dialogue/play.ts';
import { openClient, type SmtpClient } from './smtp-client.ts';
import type { WorldHost } from './world-host.ts';

/** Plays lines of a dialogue against a running host, on a connection of their own. */
export async function talk(host: WorldHost, lines: string): Promise<void> {
  await play(parseDialogue('story', `# A story\n${lines}`), {
    connect: (early) => openClient(host.mx.port, { early }),
    stored: async (mailbox) => host.site.stored(mailbox),
  });
}

/** A whole transaction from greeting to QUIT; `reply` is what the message gets. */
export function messageTo(mailbox: string, subject: string, reply: string, bodyLines = 1): string {
  return `${opening(mailbox)}
C: Subject: ${subject}
C:
C~ {lines "${'x'.repeat(70)}" ${bodyLines}}.
S: ${reply}
C: QUIT
S: 221 ...
S! closed`;
}

/** Up to the 354 that asks for the message. */
function opening(mailbox: string): string {
  return `S: 220 ...
C: EHLO client.test
S*: 250-...
S: 250 ...
C: MAIL FROM:<a@sender.test>
S: 250 ...
C: RCPT TO:<${mailbox}>
S: 250 ...
C: DATA
S: 354 ...`;
}

/** Opens a connection that stands within a message: the final dot is still to be sent. */
export async function beginMessage(host: WorldHost, mailbox: string, subject: string): Promise<SmtpClient> {
  const connection = await greet(host);
  for (const command of ['HELO client.test', 'MAIL FROM:<a@sender.test>', `RCPT TO:<${mailbox}>`, 'DATA']) await say(connection, command);
  connection.write(Buffer.from(`Subject: ${subject}\r\n\r\nhalf of it\r\n`));
  return connection;
}

/** Opens a connection and reads the greeting. */
export async function greet(host: WorldHost): Promise<SmtpClient> {
  const connection = await openClient(host.mx.port);
  const greeting = await connection.readLine();
  if (greeting?.startsWith('220 ') !== true) throw new Error(`no greeting but ${greeting}`);
  return connection;
}

/** Says a command and returns the one line that comes back. */
export async function say(connection: SmtpClient, command: string): Promise<string | undefined> {
  connection.write(Buffer.from(`${command}\r\n`));
  return await connection.readLine();
}

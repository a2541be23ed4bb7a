import type { SmtpClient } from '@vratny/support/smtp-client';

/** What makes a message one of its own; without it each equal one is new. */
const IDENTITY = 'Date: Mon, 4 May 2026 03:02:01 +0000\r\nMessage-ID: <equal@sender.test>\r\n';

/** A message that every call sends equally. */
export const MESSAGE = `${IDENTITY}Subject: equal\r\n\r\nx`;

/** How one transaction went. */
export interface Sent {
  /** Codes of RCPT. */
  readonly recipients: string;
  /** What was said after the final dot, joined by LF. */
  readonly reply: string;
}

/** How a transaction differs from the usual. */
export interface SendOptions {
  readonly parameters?: string;
  readonly message?: string;
  /** Replies after the final dot. */
  readonly replies?: number;
}

/** Sends a message to `alice bob` and so on, command by command, and reads every reply before it goes on. */
export async function send(client: SmtpClient, names: string, options: SendOptions = {}): Promise<Sent> {
  const { parameters = '', message = MESSAGE, replies = 1 } = options;
  await client.ask(`MAIL FROM:<a@sender.test>${parameters}`);
  const recipients: string[] = [];
  for (const name of names.split(' ')) recipients.push((await client.ask(`RCPT TO:<${name}@example.test>`)).slice(0, 3));
  await client.ask('DATA');
  client.say(message, '.');
  const said: string[] = [];
  for (let i = 0; i < replies; i += 1) said.push(await client.reply());
  return { recipients: recipients.join(' '), reply: said.join('\n') };
}

/** The code of the reply after the final dot. */
export async function codeOfSending(client: SmtpClient, names: string, options: SendOptions = {}): Promise<string> {
  return (await send(client, names, options)).reply.slice(0, 3);
}

/** A whole transaction in one write. */
export function pipelined(names: string, message = MESSAGE): readonly string[] {
  const recipients = names.split(' ').map((name) => `RCPT TO:<${name}@example.test>`);
  return ['MAIL FROM:<a@sender.test>', ...recipients, 'DATA', message, '.'];
}

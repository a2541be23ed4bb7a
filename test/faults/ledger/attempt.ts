import { type Client, type ClientReply, NoReply, openClient } from './client.ts';
import { type TestMessage, toWire } from './message.ts';

/** How an attempt ended for the recipients that were taken at RCPT: with a reply, or without one. */
export type Ending = { readonly kind: 'reply'; readonly reply: ClientReply } | { readonly kind: 'lost'; readonly why: string };

/** One attempt at one message, as its client saw it. */
export interface Attempt {
  readonly startedAt: Date;
  readonly ms: number;
  /** Taken at RCPT: {@link ending} is for them. */
  readonly offered: readonly string[];
  /** Not taken at RCPT, each with its reply. */
  readonly turnedAway: ReadonlyMap<string, ClientReply>;
  readonly ending: Ending;
  /** True when the whole message with its final dot was handed to the kernel: from then on the server may have stored it. */
  readonly sent: boolean;
}

/** What a test does at the moments of an attempt. */
export interface AttemptMoments {
  /** After the 354, before the first octet of the message. */
  readonly beforeMessage?: (client: Client) => Promise<void>;
  /** Instead of writing message and dot, and of reading the reply: rejects with `NoReply` when there is none. */
  readonly converse?: (client: Client, wire: Buffer) => Promise<ClientReply>;
  /** After the reply to the message, instead of QUIT. */
  readonly afterReply?: (client: Client) => Promise<void>;
}

/** Tries once to hand over a message for these recipients. Never rejects for what the server does. */
export async function attemptMessage(
  port: number,
  message: TestMessage,
  recipients: readonly string[],
  moments: AttemptMoments = {},
): Promise<Attempt> {
  const startedAt = new Date();
  const started = performance.now();
  const progress: Progress = { offered: [], turnedAway: new Map(), sent: false };
  let client: Client | undefined;
  let ending: Ending;
  try {
    client = await openClient(port);
    ending = { kind: 'reply', reply: await converse(client, message, recipients, moments, progress) };
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    ending = { kind: 'lost', why: error.message };
  }
  const ms = Math.round(performance.now() - started);
  if (client !== undefined) await leave(client, ending, moments);
  return { startedAt, ms, ...progress, ending };
}

interface Progress {
  readonly offered: string[];
  readonly turnedAway: Map<string, ClientReply>;
  sent: boolean;
}

/** Up to the reply that ends the attempt: to the message, or to the first command that went wrong for all. */
async function converse(
  client: Client,
  message: TestMessage,
  recipients: readonly string[],
  moments: AttemptMoments,
  progress: Progress,
): Promise<ClientReply> {
  const greeting = await client.readReply();
  if (greeting.code !== 220) return greeting;
  for (const command of ['EHLO client.test', `MAIL FROM:<${message.sender}>`]) {
    const reply = await client.say(command);
    if (reply.code !== 250) return reply;
  }
  let last: ClientReply | undefined;
  for (const recipient of recipients) {
    last = await client.say(`RCPT TO:<${recipient}>`);
    if (last.code === 250) progress.offered.push(recipient);
    else progress.turnedAway.set(recipient, last);
  }
  if (last === undefined) throw new Error('a message without recipients');
  if (progress.offered.length === 0) return last;
  const goOn = await client.say('DATA');
  if (goOn.code !== 354) return goOn;
  await moments.beforeMessage?.(client);
  progress.sent = true;
  const wire = toWire(message);
  if (moments.converse) return await moments.converse(client, wire);
  client.write(wire);
  return await client.readReply();
}

async function leave(client: Client, ending: Ending, { afterReply }: AttemptMoments): Promise<void> {
  if (afterReply) await afterReply(client);
  else if (ending.kind === 'reply') {
    // A client that reads the 250 says one more thing, and so the server knows; what becomes of the QUIT decides nothing.
    await client.say('QUIT').catch(() => undefined);
  }
  client.close();
}

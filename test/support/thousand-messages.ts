import { openSqliteRegister } from '@vratny/directory/sqlite';
import { openClient, type SmtpClient } from './smtp-client.ts';
import { makeWorldSite, type WorldSite, type WorldSiteOptions } from './world-host.ts';

const PATIENCE_MS = 60_000;
const MESSAGES = 1_000;
/** Of one connection; a session has a bound of recipients that were not taken. */
const OF_A_CONNECTION = 50;
const CONNECTIONS = 4;
/** A message that has gone round in circles is refused after DATA (RFC 5321 §6.3), for all of its recipients. */
const CIRCLING = `${'Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\r\n'.repeat(101)}Subject: x\r\n\r\nx\r\n.`;

/** A site of the world whose host a10 takes a thousand messages of one client, and any recipient of its domain. */
export async function makeSiteOfMany(extra: NonNullable<WorldSiteOptions['extra']>): Promise<WorldSite> {
  const site = await makeWorldSite({
    limits: { message: '1MiB', recipients: 20, failedRecipients: 1_000 },
    extra: { journal: { level: 'brief' }, ...extra },
  });
  const register = await openSqliteRegister({ path: site.directoryFile, now: () => new Date() });
  await register.addAlias('@a.example.test', ['alice@a.example.test'], 'test');
  await register.close();
  return site;
}

/** Who sends, and for how many recipients are those messages that are refused after DATA. */
export interface Conversation {
  readonly port: number;
  readonly sender: string;
  readonly recipients: number;
  /** Told of what a history is to have: entries, as the replies come. */
  readonly onDecided?: (entries: number) => void;
}

/** How many entries a history has of it. */
export function entriesOf(recipients: number): number {
  return (MESSAGES / 4) * (2 + 2 * recipients);
}

/**
 * A thousand messages, and the replies that they got. Every fourth one is refused at RCPT, another one is delivered, and two are refused after DATA. Receipts are
 * left out: all objections must have one.
 */
export async function converse(conversation: Conversation): Promise<readonly string[]> {
  const replies: string[] = Array.from({ length: MESSAGES }, () => '');
  let next = 0;
  const work = async () => {
    while (next < MESSAGES) {
      const from = next;
      next += OF_A_CONNECTION;
      const client = await openClient(conversation.port, { patienceMs: PATIENCE_MS });
      await client.reply();
      await client.ask('EHLO client.test');
      for (let i = from; i < from + OF_A_CONNECTION; i += 1) replies[i] = await send(client, i, conversation);
      client.close();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return replies.map(withoutReceipt);
}

async function send(client: SmtpClient, nth: number, { sender, recipients, onDecided }: Conversation): Promise<string> {
  const mail = `MAIL FROM:<${sender}@sender.test>`;
  const kind = nth % 4;
  if (kind === 0) {
    const [, reply = ''] = await client.askAll(mail, 'RCPT TO:<x@elsewhere.test>', 'RSET');
    onDecided?.(1);
    return reply;
  }
  const names = kind === 1 ? ['alice'] : Array.from({ length: recipients }, (_, i) => `box${i}`);
  await client.askAll(mail, ...names.map((name) => `RCPT TO:<${name}@a.example.test>`), 'DATA');
  // Each is another message: attempts at one wait for each other.
  const reply = await client.ask(kind === 1 ? `Subject: ${sender} ${nth}\r\n\r\nx\r\n.` : CIRCLING);
  onDecided?.(names.length);
  return reply;
}

function withoutReceipt(reply: string): string {
  if (reply.startsWith('2')) return reply.replace(/\w{33}/u, 'RECEIPT');
  const start = /^(.*) (?:\(\w{33}\)|http:\/\/127\.0\.0\.1:\d+\/r\/\w{33})$/u.exec(reply)?.[1];
  return start ?? `without a receipt: ${reply}`;
}

/** What a host says in its journal that the history does not have; undefined when it has all. */
export function droppedIn(journal: string): { readonly entries: number; readonly counts: number } | undefined {
  const last = [...journal.matchAll(/"detail":"(\d+) entries and (\d+) counts were dropped so far/gu)].at(-1);
  return last === undefined ? undefined : { entries: Number(last[1]), counts: Number(last[2]) };
}

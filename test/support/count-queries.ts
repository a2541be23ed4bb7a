import type { MemoryRecords } from '@vratny/dns/memory';
import { scriptRecords, startScriptedServer } from '@vratny/dns/scripted';
import { openClient, type SmtpClient } from './smtp-client.ts';
import { startWorldHost } from './world-host.ts';

/** What one client's messages cost in DNS. */
export interface QueryCount {
  readonly messages: number;
  /** `TYPE name`, and how often it was asked. */
  readonly queries: ReadonlyMap<string, number>;
}

/** Messages of one connection: a sending server does not keep one open for ever. */
const PER_CONNECTION = 50;

const RECORDS: MemoryRecords = {
  'example.test': { MX: [{ preference: 10, exchange: 'mx1d10.example.test' }] },
  'sender.test': { MX: [{ preference: 10, exchange: 'mail.sender.test' }], TXT: ['v=spf1 include:_spf.sender.test mx -all'] },
  '_spf.sender.test': { TXT: ['v=spf1 a:mail.sender.test ip4:127.0.0.1 -all'] },
  'mail.sender.test': { A: ['192.0.2.25'], AAAA: ['2001:db8::25'] },
  '_dmarc.sender.test': { TXT: ['v=DMARC1; p=none'] },
  '2.0.0.127.one.test': { A: ['127.0.0.2'] },
  '2.0.0.127.two.test': { A: ['127.0.0.2'] },
};

/**
 * Sends messages to a d10 with one worker, and counts after each of the given numbers what its DNS server was asked so far. Its caches are as long as the
 * TTLs, five minutes.
 */
export async function countQueries(after: readonly number[]): Promise<readonly QueryCount[]> {
  await using stack = new AsyncDisposableStack();
  const server = stack.adopt(await startScriptedServer(scriptRecords(RECORDS)), (one) => one.close());
  const extra = { dns: { servers: [server.address] }, dnsbl: { zones: [{ zone: 'one.test' }, { zone: 'two.test' }] } };
  const host = stack.use(await startWorldHost({ site: { zone: '', extra } }));
  const counts: QueryCount[] = [];
  let sent = 0;
  for (const messages of after) {
    for (; sent < messages; sent += Math.min(PER_CONNECTION, messages - sent)) {
      await sendMessages(host.mx.port, Math.min(PER_CONNECTION, messages - sent));
    }
    const keys = server.queries.map((query) => `${query.type} ${query.name}`);
    counts.push({ messages, queries: new Map([...Map.groupBy(keys, (key) => key)].map(([key, all]) => [key, all.length])) });
  }
  return counts;
}

/** All of them together. */
export function totalOf({ queries }: QueryCount): number {
  return [...queries.values()].reduce((sum, count) => sum + count, 0);
}

async function sendMessages(port: number, count: number): Promise<void> {
  const connection = await openClient(port);
  try {
    await expectReply(connection, '220');
    await say(connection, 'EHLO client.test', '250');
    for (let i = 0; i < count; i += 1) {
      await say(connection, 'MAIL FROM:<a@sender.test>', '250');
      await say(connection, 'RCPT TO:<alice@example.test>', '250');
      await say(connection, 'DATA', '354');
      await say(connection, 'From: a@sender.test\r\nSubject: x\r\n\r\nx\r\n.', '250');
    }
  } finally {
    connection.close();
  }
}

async function say(connection: SmtpClient, command: string, code: string): Promise<void> {
  connection.write(Buffer.from(`${command}\r\n`));
  await expectReply(connection, code);
}

async function expectReply(connection: SmtpClient, code: string): Promise<void> {
  let line = await connection.readLine();
  while (line?.startsWith(`${code}-`)) line = await connection.readLine();
  if (!line?.startsWith(`${code} `)) throw new Error(`expected ${code}, not ${line ?? 'the end'}`);
}

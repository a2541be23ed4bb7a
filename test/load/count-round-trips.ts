import { connectTo } from '../dialogues/socket-connection.ts';
import type { Connection } from '../dialogues/transport.ts';
import { ask, readReply } from '../harness/ask.ts';
import { startProgram } from '../harness/running-program.ts';
import { waitFor } from '../harness/wait-for.ts';
import { startWorldHost } from '../harness/world-host.ts';
import { findFreePorts } from '../state/free-ports.ts';
import { type RedisProgram, startRedis } from '../state/redis-program.ts';

/** What messages of one kind cost in Redis. */
export interface RoundTrips {
  readonly host: 'd10' | 'b20';
  readonly what: string;
  readonly messages: number;
  /** Commands that mx sent to Redis; what a script does within Redis is none. */
  readonly commands: number;
}

interface Kind {
  readonly what: string;
  /** How the last recipient or the message is answered. */
  readonly answer: '250' | '451';
  readonly recipients: readonly string[];
  readonly senderOf: (i: number) => string;
}

const ONE = ['alice@example.test'];
const THREE = ['alice@example.test', 'bob@example.test', 'postmaster@example.test'];
const KNOWN: Kind = { what: 'known sender, one recipient', answer: '250', recipients: ONE, senderOf: () => 'known@sender.test' };
const STRANGERS: Kind = { what: 'stranger, put off', answer: '451', recipients: ONE, senderOf: (i) => `stranger-${i}@sender.test` };
const BACK: Kind = { ...STRANGERS, what: 'stranger that came back', answer: '250' };
const CROWD: Kind = { ...KNOWN, what: 'known sender, three recipients', recipients: THREE };
/** Of one connection: fewer than mx bears. */
const PER_CONNECTION = 10;

/** Counts for each kind of message, on a primary and on a secondary, by what Redis itself saw (MONITOR). */
export async function countRoundTrips(messages: number): Promise<readonly RoundTrips[]> {
  const [port = 0] = await findFreePorts(1);
  await using stack = new AsyncDisposableStack();
  const redis = stack.adopt(await startRedis(port), (one) => one.stop());
  const counted: RoundTrips[] = [];
  for (const [host, kinds] of [
    ['d10', [KNOWN, CROWD]],
    ['b20', [STRANGERS, BACK, KNOWN, CROWD]],
  ] as const) {
    // No delay: whoever comes a second time is let through.
    const extra = { state: `redis://127.0.0.1:${port}`, greylist: { delay: '0s' } };
    await using running = await startWorldHost({ host, site: { extra } });
    if (host === 'b20') await sendAll(running.mx.port, { ...KNOWN, answer: '451' }, 1);
    // What is done once for a connection to Redis is not counted.
    await sendAll(running.mx.port, KNOWN, 1);
    for (const kind of kinds) {
      const commands = await countCommands(redis, () => sendAll(running.mx.port, kind, messages));
      counted.push({ host, what: kind.what, messages, commands });
    }
  }
  return counted;
}

/** How many commands clients sent while `work` ran. */
async function countCommands(redis: RedisProgram, work: () => Promise<void>): Promise<number> {
  const monitor = startProgram('redis-cli', ['-h', '127.0.0.1', '-p', String(redis.port), 'monitor']);
  try {
    await waitFor('MONITOR', () => (monitor.stdout().startsWith('OK') ? true : undefined));
    await work();
    await redis.ask('echo', 'that-was-all');
    await waitFor('the last command', () => (monitor.stdout().includes('that-was-all') ? true : undefined));
    const lines = monitor.stdout().split('\n').slice(1);
    return lines.filter((line) => /^\d+\.\d+ \[\d+ \d/u.test(line) && !line.includes('that-was-all') && !line.includes('"COMMAND"')).length;
  } finally {
    await monitor.stop();
  }
}

async function sendAll(port: number, kind: Kind, messages: number): Promise<void> {
  for (let sent = 0; sent < messages; sent += PER_CONNECTION) {
    const connection = await connectTo(port);
    try {
      await readReply(connection);
      await say(connection, 'EHLO client.test', '250');
      for (let i = sent; i < Math.min(sent + PER_CONNECTION, messages); i += 1) await sendOne(connection, kind, i);
    } finally {
      connection.close();
    }
  }
}

async function sendOne(connection: Connection, { senderOf, recipients, answer }: Kind, i: number): Promise<void> {
  await say(connection, `MAIL FROM:<${senderOf(i)}>`, '250');
  for (const recipient of recipients) await say(connection, `RCPT TO:<${recipient}>`, answer);
  if (answer === '451') return await say(connection, 'RSET', '250');
  await say(connection, 'DATA', '354');
  await say(connection, `Subject: round trips ${i}\r\n\r\nx\r\n.`, '250');
}

async function say(connection: Connection, text: string, code: string): Promise<void> {
  const reply = await ask(connection, text);
  if (!reply.startsWith(code)) throw new Error(`${text}: ${reply}`);
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { startProgram } from '@vratny/daemons';
import { findFreePorts } from '@vratny/support/free-ports';
import { type RedisProgram, startRedis } from '@vratny/support/redis-program';
import { ask, openClient, readReply, type SmtpClient } from '@vratny/support/smtp-client';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost } from '@vratny/support/world-host';
import { type RoundTripsProxy, startRoundTripsProxy } from './round-trips-proxy.ts';

/** Round trips to Redis that the sender of a message with one recipient may wait for. */
export const MOST_BEFORE = { d10: 2, b20: 3 } as const;

/** What messages of one kind cost in Redis. */
export interface RoundTrips {
  readonly host: 'd10' | 'b20';
  readonly what: string;
  readonly recipients: number;
  readonly messages: number;
  /** Commands that mx sent to Redis; what a script does within Redis is none. */
  readonly commands: number;
  /** Round trips of all messages before the sender was answered for the last time: it waited for them. */
  readonly before: number;
  /** Those of the message that had most of them. */
  readonly mostBefore: number;
  /** Round trips after that answer, which nobody waited for. */
  readonly after: number;
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

/** Counts for each kind of message, on a primary and on a secondary: commands by what Redis itself saw (MONITOR), round trips by a proxy. */
export async function countRoundTrips(messages: number): Promise<readonly RoundTrips[]> {
  const [port = 0] = await findFreePorts(1);
  await using stack = new AsyncDisposableStack();
  const redis = stack.adopt(await startRedis(port), (one) => one.stop());
  const proxy = stack.use(await startRoundTripsProxy(port));
  const counted: RoundTrips[] = [];
  for (const [host, kinds] of [
    ['d10', [KNOWN, CROWD]],
    ['b20', [STRANGERS, BACK, KNOWN, CROWD]],
  ] as const) {
    // No delay: whoever comes a second time is let through.
    const extra = { state: `redis://127.0.0.1:${proxy.port}`, greylist: { delay: '0s' } };
    await using running = await startWorldHost({ host, site: { extra } });
    const send = (kind: Kind, many: number) => sendAll(running.mx.port, kind, many, proxy);
    if (host === 'b20') await send({ ...KNOWN, answer: '451' }, 1);
    // What is done once for a connection to Redis is not counted.
    await send(KNOWN, 1);
    for (const kind of kinds) {
      const { commands, trips } = await countCommands(redis, () => send(kind, messages));
      const before = trips.map((one) => one.before);
      counted.push({
        host,
        what: kind.what,
        recipients: kind.recipients.length,
        messages,
        commands,
        before: sum(before),
        mostBefore: Math.max(...before),
        after: sum(trips.map((one) => one.after)),
      });
    }
  }
  return counted;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** The round trips of one message. */
interface Trips {
  readonly before: number;
  readonly after: number;
}

/** How many commands clients sent while `work` ran, besides what it came to. */
async function countCommands(
  redis: RedisProgram,
  work: () => Promise<readonly Trips[]>,
): Promise<{ readonly commands: number; readonly trips: readonly Trips[] }> {
  const monitor = startProgram('redis-cli', ['-h', '127.0.0.1', '-p', String(redis.port), 'monitor']);
  try {
    await waitFor('MONITOR', () => (monitor.stdout().startsWith('OK') ? true : undefined));
    const trips = await work();
    await redis.ask('echo', 'that-was-all');
    await waitFor('the last command', () => (monitor.stdout().includes('that-was-all') ? true : undefined));
    const lines = monitor.stdout().split('\n').slice(1);
    const isCommand = (line: string) => /^\d+\.\d+ \[\d+ \d/u.test(line) && !line.includes('that-was-all') && !line.includes('"COMMAND"');
    return { commands: lines.filter(isCommand).length, trips };
  } finally {
    await monitor.stop();
  }
}

async function sendAll(port: number, kind: Kind, messages: number, proxy: RoundTripsProxy): Promise<readonly Trips[]> {
  const trips: Trips[] = [];
  for (let sent = 0; sent < messages; sent += PER_CONNECTION) {
    const connection = await openClient(port);
    try {
      await readReply(connection);
      await say(connection, 'EHLO client.test', '250');
      for (let i = sent; i < Math.min(sent + PER_CONNECTION, messages); i += 1) trips.push(await measureOne(connection, kind, i, proxy));
    } finally {
      connection.close();
    }
  }
  return trips;
}

/** What mx asked before its last answer had come through the proxy: this process sees the two in that order. */
async function measureOne(connection: SmtpClient, kind: Kind, i: number, proxy: RoundTripsProxy): Promise<Trips> {
  const start = proxy.count();
  await sendOne(connection, kind, i);
  const answered = proxy.count();
  // The first command shows mx that its answer was read; whatever it asks then has left before it hears the second one.
  await say(connection, 'RSET', '250');
  await say(connection, 'RSET', '250');
  await nextTurn();
  return { before: answered - start, after: proxy.count() - answered };
}

async function sendOne(connection: SmtpClient, { senderOf, recipients, answer }: Kind, i: number): Promise<void> {
  await say(connection, `MAIL FROM:<${senderOf(i)}>`, '250');
  for (const recipient of recipients) await say(connection, `RCPT TO:<${recipient}>`, answer);
  if (answer === '451') return;
  await say(connection, 'DATA', '354');
  await say(connection, `Subject: round trips ${i}\r\n\r\nx\r\n.`, '250');
}

async function say(connection: SmtpClient, text: string, code: string): Promise<void> {
  const reply = await ask(connection, text);
  if (!reply.startsWith(code)) throw new Error(`${text}: ${reply}`);
}

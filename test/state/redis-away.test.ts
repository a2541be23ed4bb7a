import { findFreePorts } from '@vratny/support/free-ports';
import { type RedisProgram, startRedis } from '@vratny/support/redis-program';
import { ask, openClient, readReply } from '@vratny/support/smtp-client';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterEach, expect, it } from 'vitest';

const WORKERS = 2;
const CLIENTS = 4;
/** Of each client. */
const MESSAGES = 20;

interface Fault {
  readonly time: string;
  readonly where: string;
  readonly detail: string;
  readonly count?: number;
}

let redis: RedisProgram | undefined;
let host: WorldHost | undefined;
afterEach(async () => {
  await host?.[Symbol.asyncDispose]();
  await redis?.stop();
});

const faults = () => (host?.mx.journal() ?? []).filter((line): line is Fault => (line as { kind?: string }).kind === 'fault');
const ofState = () => faults().filter(({ where }) => where === 'state' || where === 'greylist');

/** One message of a sender that nobody has seen, on a connection of its own. */
async function send(port: number, number: number): Promise<string> {
  const connection = await openClient(port);
  try {
    await readReply(connection);
    await ask(connection, 'EHLO client.test');
    await ask(connection, `MAIL FROM:<s${number}@sender.test>`);
    const recipient = await ask(connection, 'RCPT TO:<alice@a.example.test>');
    if (!recipient.startsWith('250')) return recipient;
    await ask(connection, 'DATA');
    return await ask(connection, `Subject: ${number}\r\n\r\nx\r\n.`);
  } finally {
    connection.close();
  }
}

it(`Redis is away: ${WORKERS} workers write the first fault of a kind, and in the end how many there were; mail goes on`, {
  timeout: 240_000,
}, async () => {
  const [redisPort = 0] = await findFreePorts(1);
  redis = await startRedis(redisPort);
  host = await startWorldHost({ host: 'a20', workers: WORKERS, site: { extra: { state: `redis://127.0.0.1:${redisPort}` } } });
  const { mx } = host;
  expect(await send(mx.port, 0)).toMatch(/^451 4\.7\.1 /u);
  await redis.stop();
  const replies: string[] = [];
  const client = async (index: number) => {
    for (let i = 1; i <= MESSAGES; i += 1) replies.push(await send(mx.port, index * 10_000 + i));
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index + 1)));
  expect(replies.filter((reply) => !reply.startsWith('250'))).toEqual([]);
  // What was not written is counted when the host ends, as it is a minute after the first of a kind.
  await mx.stop();
  const first = ofState().filter(({ count }) => count === undefined);
  const kinds = new Set(first.map(({ where, detail }) => `${where} ${detail.replaceAll(/\w*\d\w*/gu, '#')}`));
  expect(first.length, JSON.stringify(first)).toBe(kinds.size);
  expect(new Set(first.map(({ where }) => where))).toEqual(new Set(['state', 'greylist']));
  // Nothing else is wrong; that there is no rspamd here is told once.
  const others = faults().filter(({ where, count }) => where !== 'antispam' && count === undefined);
  expect(others, JSON.stringify(others)).toHaveLength(first.length);
  // One line a kind, about what all workers met.
  const counted = ofState().filter(({ count }) => count !== undefined);
  expect(counted.length).toBeLessThanOrEqual(kinds.size);
  const greylist = counted.filter(({ where }) => where === 'greylist').reduce((sum, { count = 0 }) => sum + count, 0);
  expect(greylist).toBeGreaterThan(replies.length / 2);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePorts } from '@vratny/support/free-ports';
import { type RedisProgram, startRedis } from '@vratny/support/redis-program';
import { ask, openClient, readReply } from '@vratny/support/smtp-client';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterEach, expect, it } from 'vitest';

const WORKERS = 4;
/** The host folds for a minute by its own clock; a busy machine gets some more. */
const MINUTE_MS = 60_000;
const LATE_MS = 20_000;

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

it(`Redis is away for a minute: ${WORKERS} workers write the first fault of a kind, and one a minute later how many there were; mail goes on`, {
  timeout: 240_000,
}, async () => {
  const [redisPort = 0] = await findFreePorts(1);
  redis = await startRedis(redisPort);
  host = await startWorldHost({ host: 'a20', workers: WORKERS, site: { extra: { state: `redis://127.0.0.1:${redisPort}` } } });
  const { port } = host.mx;
  expect(await send(port, 0)).toMatch(/^451 4\.7\.1 /u);
  await redis.stop();
  const awayAt = performance.now();
  const replies: string[] = [];
  const client = async (index: number) => {
    for (let i = 1; performance.now() - awayAt < MINUTE_MS - 5_000; i += 1) {
      replies.push(await send(port, index * 10_000 + i));
      await sleep(200);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, index) => client(index + 1)));
  const first = ofState();
  const kinds = new Set(first.map(({ where, detail }) => `${where} ${detail.replaceAll(/\w*\d\w*/gu, '#')}`));
  expect(first.length, JSON.stringify(first)).toBe(kinds.size);
  expect(first.every(({ count }) => count === undefined)).toBe(true);
  expect(new Set(first.map(({ where }) => where))).toEqual(new Set(['state', 'greylist']));
  // Nothing else is wrong; that there is no rspamd here is told once.
  const others = faults().filter(({ where }) => where !== 'antispam');
  expect(others, JSON.stringify(others)).toHaveLength(first.length);
  expect(replies.length).toBeGreaterThan(50);
  expect(replies.filter((reply) => !reply.startsWith('250'))).toEqual([]);
  const counted = await waitFor(
    'the number of each kind',
    () => {
      const lines = ofState().filter(({ count }) => count !== undefined);
      return new Set(lines.map(({ where }) => where)).size === 2 ? lines : undefined;
    },
    { deadlineMs: MINUTE_MS + LATE_MS, explain: () => JSON.stringify(ofState()) },
  );
  // One line a kind, about what all workers met.
  expect(counted.length).toBeLessThanOrEqual(kinds.size);
  const greylist = counted.filter(({ where }) => where === 'greylist').reduce((sum, { count = 0 }) => sum + count, 0);
  expect(greylist).toBeGreaterThan(replies.length / 2);
});

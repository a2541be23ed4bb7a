import { describeState, type OpenedState, type StateWishes } from '@vratny/state/contract';
import { findFreePorts } from '@vratny/support/free-ports';
import { type RedisProgram, startRedis, startRedisCluster } from '@vratny/support/redis-program';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAt } from './open-redis.ts';

/** Ten thousand commands at once on a busy machine are not what the deadline is for. */
const PATIENT = { deadlineMs: 15_000 };

let tests = 0;

/** Two nodes with a prefix of their own for each test: nothing of another test is seen. */
async function openTwo(url: string, nodes: readonly RedisProgram[], wishes: StateWishes = {}): Promise<OpenedState> {
  tests += 1;
  const prefix = `test-${tests}`;
  const options = { ...PATIENT, ...wishes, prefix };
  const [one, two] = await Promise.all([openAt(url, options), openAt(url, options)]);
  const cleanUp = async (): Promise<void> => {
    await Promise.all([one.close(), two.close()]);
    await Promise.all(nodes.map((node) => node.ask('flushall')));
  };
  return { nodes: [one, two], cleanUp };
}

describe('one Redis', () => {
  let redis: RedisProgram;
  beforeAll(async () => {
    const [port = 0] = await findFreePorts(1);
    redis = await startRedis(port);
  });
  afterAll(() => redis.stop());
  describeState('redis', (wishes) => openTwo(`redis://127.0.0.1:${redis.port}`, [redis], wishes), { runs: 25 });

  it('makes each decision in one round trip, the first use of a script excepted', async () => {
    const { nodes, cleanUp } = await openTwo(`redis://127.0.0.1:${redis.port}`, []);
    const [state] = nodes;
    const now = new Date();
    const times = { delayMs: 1, windowMs: 1000 };
    const decisions: readonly (() => Promise<unknown>)[] = [
      () => state.greylist.firstSeen('a', now, times),
      () => state.greylist.extend('a', now, times),
      () => state.counters.hit('a', now, 1),
      () => state.lease.begin('a', 'one', now, 1000),
      () => state.lease.finish('a', 'one', ['x@example.test'], now, 1000),
      () => state.ledger.read('a', now),
      () => state.ledger.drop('a', ['x@example.test']),
      () => state.lease.release('a', 'two'),
    ];
    for (const decide of decisions) await decide();
    const before = await countScripts(redis);
    for (const decide of decisions) await decide();
    expect((await countScripts(redis)) - before).toBe(decisions.length);
    await cleanUp();
  });

  it('sends what begins together in one write', async () => {
    await expectFewReads(`redis://127.0.0.1:${redis.port}`, [redis]);
  });

  it('keeps no address in a key, and nothing for ever', async () => {
    const { nodes, cleanUp } = await openTwo(`redis://127.0.0.1:${redis.port}`, []);
    const [state] = nodes;
    const now = new Date();
    await state.greylist.firstSeen('sender@example.net 192.0.2.1', now, { delayMs: 1000, windowMs: 1000 });
    await state.counters.hit('192.0.2.1', now, 1000);
    await state.ledger.add('m', ['x@example.test'], now, 1000);
    await state.lease.begin('m', 'one', now, 1000);
    await state.heartbeats.beat('a10', {}, now);
    const keys = (await redis.ask('keys', `test-${tests}:*`)).split('\n');
    // One more than there are entries: the network of the sender.
    expect(keys).toHaveLength(7);
    for (const key of keys) {
      expect(key).not.toMatch(/example|192/u);
      expect(Number(await redis.ask('pttl', key))).toBeGreaterThan(1000);
    }
    await cleanUp();
  });

  it('carries on when Redis has forgotten its scripts', async () => {
    const { nodes, cleanUp } = await openTwo(`redis://127.0.0.1:${redis.port}`, []);
    const [state] = nodes;
    expect(await state.counters.hit('a', new Date(0), 10)).toBe(1);
    await redis.ask('script', 'flush');
    expect(await state.counters.hit('a', new Date(0), 10)).toBe(2);
    await cleanUp();
  });
});

const TOGETHER = 100;

/** Begins many operations in one turn of the event loop; every server must have read far fewer times. */
async function expectFewReads(url: string, nodes: readonly RedisProgram[]): Promise<void> {
  const { nodes: states, cleanUp } = await openTwo(url, []);
  const [state] = states;
  const now = new Date();
  const hitAll = (round: string) => Promise.all(Array.from({ length: TOGETHER }, (_, i) => state.counters.hit(`${round} ${i}`, now, 1000)));
  await hitAll('first use of the script and of each connection');
  const before = await countReads(nodes);
  expect(new Set(await hitAll('counted'))).toEqual(new Set([1]));
  // The question itself, the cluster's own look around, and a write for each server.
  expect((await countReads(nodes)) - before).toBeLessThan(TOGETHER / 4);
  await cleanUp();
}

/** How often servers read from clients. */
async function countReads(nodes: readonly RedisProgram[]): Promise<number> {
  const stats = await Promise.all(nodes.map((node) => node.ask('info', 'stats')));
  return stats.reduce((sum, text) => sum + Number(/total_reads_processed:(\d+)/u.exec(text)?.[1]), 0);
}

/** Scripts that clients had run; what a script runs itself counts elsewhere. */
async function countScripts(redis: RedisProgram): Promise<number> {
  const stats = await redis.ask('info', 'commandstats');
  return [...stats.matchAll(/cmdstat_(?:evalsha|eval):calls=(\d+)/gu)].reduce((sum, match) => sum + Number(match[1]), 0);
}

describe('a cluster of three', () => {
  let nodes: readonly RedisProgram[];
  let url = '';
  beforeAll(async () => {
    const ports = await findFreePorts(6);
    nodes = await startRedisCluster(ports.slice(0, 3), ports.slice(3));
    url = `redis+cluster://127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}`;
  });
  afterAll(async () => {
    await Promise.all((nodes ?? []).map((node) => node.stop()));
  });
  it('is sent what begins together in one write for each node', async () => {
    await expectFewReads(url, nodes);
  });
  describeState('redis cluster', (wishes) => openTwo(url, nodes, wishes), { runs: 10 });
});

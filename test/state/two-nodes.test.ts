import { findFreePorts } from '@vratny/support/free-ports';
import { type RedisProgram, startRedis } from '@vratny/support/redis-program';
import { waitFor } from '@vratny/support/wait-for';
import { describe, expect, it } from 'vitest';
import { openAt } from './open-redis.ts';
import { type SmtpLoad, startSmtpLoad } from './smtp-load.ts';
import { offerOnce, startTwoNodes, type TwoNodes } from './two-nodes.ts';
import { startWatchedPair } from './watched-pair.ts';

/** No reply to a sender may be slower than this because of Redis. */
const SLOWEST_MS = 500;
const FAULT = /^\{[^\n]*"kind":"fault"[^\n]*"where":"greylist"/mu;
const KNOWN = 'known@sender.test';

/** Calls until the sender has waited long enough on one node, and shows that the other one knows it. */
async function makeKnown({ nodes: [one, two] }: TwoNodes, url: string): Promise<void> {
  expect(await offerOnce(one, KNOWN)).toMatch(/^451 4\.7\.1 greylisted: please try again in 1 seconds/u);
  expect(await offerOnce(two, KNOWN)).toMatch(/^451 4\.7\.1 greylisted: please try again in 1 seconds/u);
  const state = await openAt(url);
  await waitFor('the delay is over', async () => {
    const [entry] = await state.greylist.list(`${KNOWN} *`, 1, new Date());
    return entry && entry.opensAt <= new Date() ? true : undefined;
  });
  await state.close();
  expect(await offerOnce(two, KNOWN)).toMatch(/^250 /u);
  expect(await offerOnce(one, KNOWN)).toMatch(/^250 /u);
}

/** Looks until strangers are told the one thing and no longer the other; all that is said on the way must be right and in time. */
async function waitUntil(load: SmtpLoad, what: 'greylisted' | 'letThrough', mayForget = false): Promise<number> {
  const other = what === 'greylisted' ? 'letThrough' : 'greylisted';
  let slowestMs = 0;
  let late = 0;
  await waitFor(`strangers are ${what}`, () => {
    const report = load.look();
    expect(report.errors).toEqual([]);
    if (!mayForget) expect(report.forgotten).toBe(0);
    late = Math.max(late, report.latestMs);
    slowestMs = Math.max(slowestMs, report.slowestMs);
    expect(report.slowestMs, `on a process that was itself ${late} ms late`).toBeLessThan(SLOWEST_MS + late);
    return report[what] > 0 && report[other] === 0 ? true : undefined;
  });
  return slowestMs;
}

/** What is done to Redis, and who is Redis when it is over. */
interface Trouble {
  readonly name: string;
  readonly begin: () => Promise<void>;
  /** Undefined when it passes by itself. */
  readonly end?: () => Promise<void>;
  /** Redis comes back with nothing in it. */
  readonly forgets?: boolean;
}

async function underLoad(url: string, trouble: Trouble): Promise<void> {
  await using two = await startTwoNodes(url);
  await makeKnown(two, url);
  const load = startSmtpLoad(two.nodes, KNOWN);
  try {
    const calm = await waitUntil(load, 'greylisted');
    await trouble.begin();
    const away = await waitUntil(load, 'letThrough');
    for (const node of two.nodes) {
      await waitFor('the fault is written down', () => (FAULT.test(node.stderr()) ? true : undefined));
    }
    await trouble.end?.();
    const back = await waitUntil(load, 'greylisted', trouble.forgets);
    const slowest = [calm, away, back].map(Math.round).join(', ');
    process.stdout.write(`slowest reply, Redis ${trouble.name}: ${slowest} ms (before, away, back)\n`);
  } finally {
    await load.stop();
  }
}

describe('two nodes on one Redis, under load', () => {
  it('is killed and started again', async () => {
    const [port = 0] = await findFreePorts(1);
    let redis: RedisProgram = await startRedis(port);
    try {
      const trouble: Trouble = {
        name: 'killed',
        forgets: true,
        begin: () => redis.stop(),
        end: async () => {
          redis = await startRedis(port);
        },
      };
      await underLoad(`redis://127.0.0.1:${port}`, trouble);
    } finally {
      await redis.stop();
    }
  });

  it('is frozen and thawed', async () => {
    const [port = 0] = await findFreePorts(1);
    const redis = await startRedis(port);
    try {
      await underLoad(`redis://127.0.0.1:${port}`, {
        name: 'frozen',
        begin: async () => redis.program.signal('SIGSTOP'),
        end: async () => redis.program.signal('SIGCONT'),
      });
    } finally {
      await redis.stop();
    }
  });

  it('fails over to its replica', async () => {
    const pair = await startWatchedPair();
    try {
      await underLoad(pair.url, { name: 'failed over', begin: async () => pair.master.program.signal('SIGSTOP') });
      expect(await pair.replica.ask('role')).toContain('master');
    } finally {
      await pair.stop();
    }
  });
});

import { type State, StateFault } from '@vratny/state';
import { findFreePorts } from '@vratny/support/free-ports';
import { startRedis } from '@vratny/support/redis-program';
import { waitFor } from '@vratny/support/wait-for';
import { describe, expect, it } from 'vitest';
import { type Load, startLoad } from './load.ts';
import { openAt } from './open-redis.ts';
import { startWatchedPair } from './watched-pair.ts';

/** No reply to a sender may be slower than this because of Redis. */
const SLOWEST_MS = 500;

/** Looks until calls are answered (or fault), and checks each look on the way: every call ends in time, with an answer or a fault. */
async function waitUntil(load: Load, what: 'answers' | 'faults'): Promise<void> {
  let late = 0;
  await waitFor(what, () => {
    const report = load.look();
    expect(report.strangers).toEqual([]);
    late = Math.max(late, report.latestMs);
    expect(report.slowestMs, `on a process that was itself ${late} ms late`).toBeLessThan(SLOWEST_MS + late);
    const other = what === 'answers' ? report.faults : report.answers;
    return report[what] > 0 && other === 0 ? true : undefined;
  });
}

async function withLoad(state: State, work: (load: Load) => Promise<void>): Promise<void> {
  const load = startLoad(state);
  try {
    await waitUntil(load, 'answers');
    await work(load);
  } finally {
    await load.stop();
    await state.close();
  }
}

async function freePort(): Promise<number> {
  const [port = 0] = await findFreePorts(1);
  return port;
}

describe('one Redis under load', () => {
  it('killed and started again', async () => {
    const port = await freePort();
    let redis = await startRedis(port);
    try {
      await withLoad(await openAt(`redis://127.0.0.1:${port}`), async (load) => {
        await redis.stop();
        await waitUntil(load, 'faults');
        redis = await startRedis(port);
        await waitUntil(load, 'answers');
      });
    } finally {
      await redis.stop();
    }
  });

  it('frozen and thawed', async () => {
    const redis = await startRedis(await freePort());
    try {
      await withLoad(await openAt(`redis://127.0.0.1:${redis.port}`), async (load) => {
        redis.program.signal('SIGSTOP');
        await waitUntil(load, 'faults');
        redis.program.signal('SIGCONT');
        await waitUntil(load, 'answers');
      });
    } finally {
      await redis.stop();
    }
  });

  it('not there when the node starts', async () => {
    const port = await freePort();
    const troubles: string[] = [];
    const state = await openAt(`redis://127.0.0.1:${port}`, { onTrouble: (detail) => troubles.push(detail) });
    const refused = state.counters.hit('a', new Date(), 1000);
    await expect(refused).rejects.toThrow(StateFault);
    await expect(refused).rejects.toThrow(`redis 127.0.0.1:${port}`);
    expect(troubles.join()).toContain('ECONNREFUSED');
    const redis = await startRedis(port);
    try {
      await waitFor('an answer', () => state.counters.hit('a', new Date(), 1000).catch(() => undefined));
    } finally {
      await state.close();
      await redis.stop();
    }
  });

  it('which wants a password: a fault with the wrong one, an answer with the right one', async () => {
    const redis = await startRedis(await freePort(), ['user mail on >secret ~vratny:* +@all', 'user default on nopass ~* +@all']);
    try {
      const right = await openAt(`redis://mail@127.0.0.1:${redis.port}`, { password: 'secret' });
      expect(await right.counters.hit('a', new Date(), 1000)).toBe(1);
      await right.close();
      const wrong = await openAt(`redis://mail@127.0.0.1:${redis.port}`, { password: 'guess' });
      await expect(wrong.counters.hit('a', new Date(), 1000)).rejects.toThrow(StateFault);
      await wrong.close();
    } finally {
      await redis.stop();
    }
  });
});

describe('a Redis that is full', () => {
  it('lets greylisting go, and keeps ledger and lease', async () => {
    const redis = await startRedis(await freePort(), ['maxmemory 3mb', 'maxmemory-policy noeviction']);
    try {
      const state = await openAt(`redis://127.0.0.1:${redis.port}`, { deadlineMs: 15_000 });
      const now = new Date();
      await redis.ask('eval', "for i = 1, 100000 do redis.call('SET', 'x' .. i, string.rep('x', 100)) end", '0').catch(() => undefined);
      const fill = async (): Promise<string> => {
        for (let i = 0; ; i += 1) {
          const fault = await state.greylist
            .firstSeen(`s${i} n${i}`, now, { delayMs: 1, windowMs: 1000 })
            .catch((error: unknown) => String(error));
          if (typeof fault === 'string') return fault;
        }
      };
      expect(await fill()).toContain('OOM');
      for (let i = 0; i < 50; i += 1) {
        expect(await state.lease.begin(`m${i}`, 'one', now, 1000)).toMatchObject({ kind: 'begun', mailboxes: [] });
        expect(await state.lease.begin(`m${i}`, 'two', now, 1000)).toEqual({ kind: 'busy' });
        await state.lease.finish(`m${i}`, 'one', ['alice@example.test'], now, 1000);
        expect(await state.ledger.read(`m${i}`, now)).toEqual(['alice@example.test']);
        await state.ledger.drop(`m${i}`, ['alice@example.test']);
      }
      await state.close();
    } finally {
      await redis.stop();
    }
  }, 60_000);
});

describe('a master and its replica, watched by a sentinel', () => {
  it.each([
    ['killed', 'SIGKILL'],
    ['frozen', 'SIGSTOP'],
  ] as const)('the master %s: the replica takes over and knows what the master knew', async (_what, signal) => {
    const { master, replica, url, stop } = await startWatchedPair();
    try {
      const state = await openAt(url);
      const now = new Date();
      await state.greylist.firstSeen('known', now, { delayMs: 0, windowMs: 3_600_000 });
      await master.ask('wait', '1', '1000');
      await withLoad(state, async (load) => {
        master.program.signal(signal);
        await waitUntil(load, 'faults');
        await waitUntil(load, 'answers');
        expect((await state.greylist.firstSeen('known', now, { delayMs: 0, windowMs: 1 })).kind).toBe('passed');
        expect(await replica.ask('role')).toContain('master');
      });
    } finally {
      await stop();
    }
  });
});

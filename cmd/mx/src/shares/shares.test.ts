import { describe, expect, it } from 'vitest';
import type { ToPrimary } from '../messages.ts';
import { HostShares } from './host-shares.ts';
import { CONNECTIONS, limitsOfHost, OCTETS } from './limits-of-host.ts';
import { admitByShare, budgetByShare } from './share-adapters.ts';
import { WorkerShare } from './worker-share.ts';

const SITE = {
  limits: { message: 1, recipients: 1, connections: 6, connectionsPerIp: 3, failedRecipients: 1, messagesInFlight: 1_000 },
};

/** A primary and workers, whose messages arrive when the test says so. */
function host(limits: Partial<(typeof SITE)['limits']>, count: number) {
  const of = limitsOfHost({ limits: { ...SITE.limits, ...limits } }, count);
  const primary = new HostShares(of);
  const mail: (() => void)[] = [];
  let messages = 0;
  const workers = Array.from({ length: count }, (_, id) => {
    const share: WorkerShare = new WorkerShare(of, (message: Extract<ToPrimary, { kind: 'shares' }>) => {
      messages += 1;
      mail.push(() => {
        primary.took(id, message.took);
        primary.gave(id, message.gave);
        const amounts = primary.ask(id, message.asked);
        if (amounts.length > 0) mail.push(() => share.granted(amounts));
      });
    });
    return { share, admission: admitByShare(share), budget: budgetByShare(share) };
  });
  const arrive = async () => {
    // Longer than what is told may be held back.
    await new Promise((resolve) => setTimeout(resolve, 15));
    while (mail.length > 0) {
      mail.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const settle = async <T>(answers: readonly (T | Promise<T>)[]): Promise<readonly T[]> => {
    await arrive();
    await arrive();
    return Promise.all(answers);
  };
  const worker = (id: number) => {
    const found = workers[id];
    if (!found) throw new Error(`no worker ${id}`);
    return found;
  };
  return { primary, worker, arrive, settle, messages: () => messages };
}

describe('clients of a host', () => {
  it.each([1, 2, 4])('of one address, in a burst over %i worker(s): to within one a worker', async (count) => {
    const { worker, settle } = host({ connections: 1_000 }, count);
    const answers = await settle(Array.from({ length: 40 }, (_, i) => worker(i % count).admission.enter('192.0.2.1')));
    const welcome = answers.filter((one) => one === 'admitted').length;
    expect(welcome).toBeGreaterThanOrEqual(3);
    expect(welcome).toBeLessThanOrEqual(3 + count - 1);
    expect(answers.filter((one) => one === 'too-many-from-address')).toHaveLength(40 - welcome);
  });

  it('one after the other: exactly, and one more when one has left, on whatever worker', async () => {
    const { worker, settle, arrive } = host({ connections: 1_000 }, 2);
    const enter = async (id: number) => (await settle([worker(id).admission.enter('192.0.2.1')]))[0];
    expect([await enter(0), await enter(0), await enter(1)]).toEqual(['admitted', 'admitted', 'admitted']);
    expect([await enter(1), await enter(0)]).toEqual(['too-many-from-address', 'too-many-from-address']);
    worker(1).admission.leave('192.0.2.1');
    await arrive();
    expect([await enter(0), await enter(0)]).toEqual(['admitted', 'too-many-from-address']);
  });

  it('in all: exactly, whatever worker they come to, and each place that is free is had', async () => {
    const { worker, settle, primary } = host({}, 4);
    const enter = (id: number, i: number) => worker(id).admission.enter(`192.0.2.${i}`);
    // All of them on one worker of four.
    const answers = await settle(Array.from({ length: 10 }, (_, i) => enter(0, i)));
    expect(answers.filter((one) => one === 'admitted')).toHaveLength(6);
    expect(answers.filter((one) => one === 'full')).toHaveLength(4);
    expect(await settle([enter(3, 77)])).toEqual(['full']);
    worker(0).admission.leave('192.0.2.0');
    expect(await settle([])).toEqual([]);
    expect(await settle([enter(3, 77)])).toEqual(['admitted']);
    expect(primary.heldOf(CONNECTIONS)).toBe(6);
  });

  it('of an address that is refused take nothing of what all have', async () => {
    const { worker, settle, primary } = host({ connectionsPerIp: 1 }, 1);
    await settle(Array.from({ length: 20 }, () => worker(0).admission.enter('192.0.2.1')));
    expect(primary.heldOf(CONNECTIONS)).toBe(1);
  });

  it('whose worker dies are gone', async () => {
    const { worker, settle, primary } = host({}, 2);
    await settle(Array.from({ length: 6 }, (_, i) => worker(0).admission.enter(`192.0.2.${i}`)));
    primary.forget(0);
    expect([primary.heldOf(CONNECTIONS), primary.heldOf('192.0.2.3')]).toEqual([0, 0]);
    expect(await settle([worker(1).admission.enter('192.0.2.3')])).toEqual(['admitted']);
  });

  it('leave nothing behind', async () => {
    const { worker, settle, arrive, primary } = host({ connections: 10_000, connectionsPerIp: 5_000 }, 2);
    const ips = Array.from({ length: 500 }, (_, i) => `192.0.2.${i % 9}`);
    await settle(ips.map((ip, i) => worker(i % 2).admission.enter(ip)));
    for (const [i, ip] of ips.entries()) worker(i % 2).admission.leave(ip);
    await arrive();
    expect(ips.map((key) => primary.heldOf(key)).filter(Boolean)).toEqual([]);
    // Of what all clients share each worker keeps a two-hundredth in hand.
    expect(primary.heldOf(CONNECTIONS)).toBe(100);
    primary.forget(0);
    primary.forget(1);
    expect(primary.heldOf(CONNECTIONS)).toBe(0);
  });

  it('and their octets, one after the other, ask the primary once where the limits are large', async () => {
    const { worker, settle, messages } = host({ connections: 10_000, messagesInFlight: 100_000_000 }, 2);
    for (let i = 0; i < 20; i += 1) {
      await settle([worker(0).admission.enter(`192.0.2.${i}`), worker(0).budget.take(4_000)]);
      worker(0).budget.give(4_000);
      worker(0).admission.leave(`192.0.2.${i}`);
      // The first needs both places, further ones tell of their address only.
      if (i > 0) expect(worker(0).budget.take(4_000)).toBe(true);
      if (i > 0) worker(0).budget.give(4_000);
    }
    expect(messages()).toBeLessThan(50);
  });

  it('cost few messages where a limit is large', async () => {
    const { worker, settle, messages } = host({ connections: 10_000, connectionsPerIp: 10_000 }, 2);
    for (let i = 0; i < 40; i += 1) {
      await settle([worker(0).admission.enter('192.0.2.1')]);
    }
    expect(messages()).toBeLessThan(10);
  });

  it('are turned away when the primary does not answer', async () => {
    const silent = new WorkerShare(limitsOfHost(SITE, 1), () => undefined, 20);
    expect(await admitByShare(silent).enter('192.0.2.1')).toBe('full');
    expect(silent.usedOf('192.0.2.1')).toBe(0);
  });
});

describe('octets of messages in flight', () => {
  it('are counted over all workers', async () => {
    const { worker, settle, primary } = host({ messagesInFlight: 100 }, 2);
    expect(await settle([worker(0).budget.take(60), worker(1).budget.take(60), worker(1).budget.take(40)])).toEqual([true, false, true]);
    expect(primary.heldOf(OCTETS)).toBe(100);
    worker(0).budget.give(60);
    worker(1).budget.give(40);
    await settle([]);
    expect(primary.heldOf(OCTETS)).toBe(0);
    expect(await settle([worker(1).budget.take(100)])).toEqual([true]);
    expect(await settle([worker(0).budget.take(1)])).toEqual([false]);
  });

  it('that a worker has to spare are had at once', async () => {
    const { worker, settle } = host({ messagesInFlight: 1_000_000 }, 2);
    await settle([worker(0).budget.take(100)]);
    expect(worker(0).budget.take(100)).toBe(true);
    expect(worker(0).budget.takenBytes).toBe(200);
  });
});

import { expect, test } from 'vitest';
import { createTurns } from './wait.ts';

const NEVER = new AbortController().signal;
const busy = expect.objectContaining({ name: 'ScannerFault', kind: 'busy' });

/** Work that ends when it is told to. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, open: resolve };
}

test('who came first has the first free turn', async () => {
  const turns = createTurns({ atOnce: 1, waitingMax: 10, waitingMs: 10_000 });
  const order: number[] = [];
  const first = gate();
  const all = [turns.run(NEVER, first.work), ...[1, 2, 3].map((n) => turns.run(NEVER, async () => void order.push(n)))];
  first.open();
  await Promise.all(all);
  expect(order).toEqual([1, 2, 3]);
});

test('the queue is bounded in length and in time', async () => {
  const turns = createTurns({ atOnce: 1, waitingMax: 1, waitingMs: 20 });
  const first = gate();
  const running = turns.run(NEVER, first.work);
  const waiting = turns.run(NEVER, async () => 'late');
  await expect(turns.run(NEVER, async () => 'too many')).rejects.toEqual(busy);
  await expect(waiting).rejects.toEqual(busy);
  first.open();
  await running;
  expect(await turns.run(NEVER, async () => 'free')).toBe('free');
});

test('who gives up while waiting leaves the queue; work that fails gives its turn back', async () => {
  const turns = createTurns({ atOnce: 1, waitingMax: 10, waitingMs: 10_000 });
  const first = gate();
  const controller = new AbortController();
  const running = turns.run(NEVER, first.work);
  const given = turns.run(controller.signal, async () => 'never');
  const next = turns.run(NEVER, () => Promise.reject(new Error('broken')));
  controller.abort();
  await expect(given).rejects.toEqual(expect.objectContaining({ kind: 'aborted' }));
  first.open();
  await running;
  await expect(next).rejects.toThrow('broken');
  expect(await turns.run(NEVER, async () => 'free')).toBe('free');
});

test('a turn that is given and given up in the same moment is not lost', async () => {
  const turns = createTurns({ atOnce: 1, waitingMax: 10, waitingMs: 10_000 });
  for (let round = 0; round < 20; round += 1) {
    const first = gate();
    const controller = new AbortController();
    const running = turns.run(NEVER, async () => {
      await first.work();
    });
    const given = turns.run(controller.signal, async () => 'perhaps').catch(() => 'given up');
    first.open();
    for (let tick = 0; tick < round; tick += 1) await Promise.resolve();
    controller.abort();
    await Promise.all([running, given]);
  }
  expect(await turns.run(NEVER, async () => 'free')).toBe('free');
});

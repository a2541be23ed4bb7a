import { expect, test } from 'vitest';
import { createSocketSlots } from './socket-slots.ts';

const never = new AbortController().signal;

test('who comes when all are taken waits in turn', async () => {
  const slots = createSocketSlots(1, 10);
  const free = await slots.take(never);
  const order: string[] = [];
  const second = slots.take(never).then((release) => {
    order.push('second');
    return release;
  });
  const third = slots.take(never).then(() => order.push('third'));
  free?.();
  free?.();
  const release = await second;
  expect(order).toEqual(['second']);
  release?.();
  await third;
  expect(order).toEqual(['second', 'third']);
});

test('who gives up leaves the queue, and too many do not enter it', async () => {
  const slots = createSocketSlots(1, 1);
  const free = await slots.take(never);
  const abort = new AbortController();
  const waiting = slots.take(abort.signal);
  expect(await slots.take(never)).toBeUndefined();
  abort.abort();
  expect(await waiting).toBeUndefined();
  expect(await slots.take(abort.signal)).toBeUndefined();
  const last = slots.take(never);
  free?.();
  expect(await last).toBeTypeOf('function');
});

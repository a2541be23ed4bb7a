import { expect, it } from 'vitest';
import { MessageLock } from './message-lock.ts';

/** Whether a promise has its value after a few turns. */
async function settled(promise: unknown): Promise<boolean> {
  const open = Symbol('open');
  const later = new Promise((resolve) => setTimeout(resolve, 5, open));
  return (await Promise.race([promise, later])) !== open;
}

it('lets ordinary messages in at once, together', () => {
  const room = new MessageLock(1_000);
  expect([room.acquireShared(), room.acquireShared()].map((one) => typeof one)).toEqual(['function', 'function']);
});

it('lets a suspect in when the others have left, and no other as long as it is there', async () => {
  const room = new MessageLock(1_000);
  const leave = await room.acquireShared();
  const suspect = room.acquireExclusive();
  expect(await settled(suspect)).toBe(false);
  // Behind the suspect: those who come now do not keep it waiting for ever.
  const later = Promise.resolve(room.acquireShared());
  expect(await settled(later)).toBe(false);
  leave();
  leave();
  const leaveAlone = await suspect;
  expect(await settled(later)).toBe(false);
  const second = room.acquireExclusive();
  expect(await settled(second)).toBe(false);
  leaveAlone?.();
  expect(await settled(second)).toBe(true);
  (await second)?.();
  expect(await settled(later)).toBe(true);
});

it('sends a suspect away that waits too long, and lets others by', async () => {
  const room = new MessageLock(20);
  await room.acquireShared();
  expect(await room.acquireExclusive()).toBeUndefined();
  expect(typeof room.acquireShared()).toBe('function');
});

it('does not keep ordinary messages waiting for ever', async () => {
  const room = new MessageLock(20);
  await room.acquireExclusive();
  expect(typeof (await room.acquireShared())).toBe('function');
});

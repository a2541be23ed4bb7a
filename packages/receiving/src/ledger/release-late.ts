import { RELEASE_AGAIN_MS, RELEASES_LATE_MAX } from '../limits.ts';
import type { MxServerOptions } from '../mx-session.ts';

// How many are on their way, by whom they are asked of.
const running = new WeakMap<object, number>();

/**
 * Gives a lease back that shared state may hold although it did not answer: a Redis that was frozen does what it was asked as soon as it goes on. Left
 * alone, the lease would keep an equal message out until its end, and then make a store take it for the retry of a dead attempt. Only for attempts
 * that left nothing open. Tries again for half a minute, holds no process back, and never rejects.
 */
export async function releaseLate({ lease }: Pick<MxServerOptions, 'lease'>, key: string, owner: string): Promise<void> {
  const others = running.get(lease) ?? 0;
  if (others >= RELEASES_LATE_MAX) return;
  running.set(lease, others + 1);
  for (const ms of RELEASE_AGAIN_MS) {
    await new Promise((resolve) => setTimeout(resolve, ms).unref());
    const released = await lease.release(key, owner).then(
      () => true,
      () => false,
    );
    if (released) break;
  }
  running.set(lease, (running.get(lease) ?? 1) - 1);
}

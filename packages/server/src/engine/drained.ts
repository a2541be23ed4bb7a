import type { Socket } from 'node:net';
import { REPLY_DRAIN_MS } from '../limits.ts';

/**
 * Resolves when the client has read enough of its replies: one that pipelines and never reads makes no heap of them. One that does not read
 * for {@link REPLY_DRAIN_MS} is cut off. Never rejects.
 */
export async function repliesDrained(socket: Socket): Promise<void> {
  if (!socket.writableNeedDrain || socket.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => socket.destroy(), REPLY_DRAIN_MS);
    const done = () => {
      clearTimeout(timer);
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.once('drain', done).once('close', done);
  });
}

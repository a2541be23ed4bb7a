import type { Socket } from 'node:net';
import { REPLY_DRAIN_MS } from '../limits.ts';

/**
 * Resolves when the client has read enough of its replies; undefined when it has. So a client that pipelines and never
 * reads fills no memory. A client that does not read for {@link REPLY_DRAIN_MS} is disconnected. Never rejects.
 */
export function repliesDrained(socket: Socket): void | Promise<void> {
  if (!socket.writableNeedDrain || socket.destroyed) return;
  return new Promise<void>((resolve) => {
    const timer = setTimeout(() => socket.destroy(), REPLY_DRAIN_MS);
    const done = () => {
      clearTimeout(timer);
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.once('drain', done).once('close', done);
  });
}

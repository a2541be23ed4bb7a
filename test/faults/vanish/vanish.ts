import { setTimeout as pause } from 'node:timers/promises';
import { type Client, type ClientReply, NoReply } from '../ledger/client.ts';

/** How a client goes away: `reset` breaks the connection (RST); `close` closes it (FIN), which mx cannot tell from a half-close until it writes. */
export type Way = 'reset' | 'close';

/** The whole message but for its last octets, and then nobody is there any more. */
export async function vanishBefore({ socket }: Client, wire: Buffer, missing: number, way: Way): Promise<never> {
  await flush(socket.write(wire.subarray(0, wire.length - missing)), socket);
  leave({ socket }, way);
  throw new NoReply(`the client went away ${missing} octets before the end`);
}

/** The whole message, and after `ms` nobody is there to read the reply. Not even when it has come: nothing was read. */
export async function vanishAfter({ socket }: Client, wire: Buffer, ms: number, way: Way): Promise<never> {
  socket.pause();
  await flush(socket.write(wire), socket);
  if (ms > 0) await pause(ms);
  leave({ socket }, way);
  throw new NoReply(`the client went away ${ms} ms after the end`);
}

/** The whole message, then the client closes its writing side and waits for the reply, as `nc -N` does. */
export async function closeWritingSide(client: Client, wire: Buffer): Promise<ClientReply> {
  client.socket.end(wire);
  return await client.readReply();
}

/** Ends the connection so. */
export function leave({ socket }: Pick<Client, 'socket'>, way: Way): void {
  if (way === 'reset') socket.resetAndDestroy();
  else socket.destroy();
}

/** Until the kernel has it all, or the server is gone before that. */
async function flush(flushed: boolean, socket: Client['socket']): Promise<void> {
  if (flushed || socket.destroyed) return;
  await new Promise<void>((resolve) => void socket.once('drain', resolve).once('close', () => resolve()));
}

import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CONNECT_MS } from '../limits.ts';
import { ScannerFault } from '../scanner-fault.ts';
import { createPatience, orAborted } from '../wait.ts';
import type { ClamdAddress } from './address.ts';
import { gather, type Incoming } from './incoming.ts';

/** A connection to clamd: one command, one reply. Every wait ends when its signal is aborted. */
export interface Connection extends Disposable {
  readonly incoming: Incoming;
  /** Hands octets to the system; resolves when it has taken all, and they may be overwritten. False when clamd has spoken: it does not want any more, and the octets may still be in use. */
  write(octets: readonly Buffer[]): Promise<boolean>;
  /** Hands over the last octets without waiting. False when clamd had spoken before. */
  finish(octets: Buffer): Promise<boolean>;
}

/** Opens one. `stallMs` is how long clamd may take nothing at all. Rejects with `ScannerFault`; so does `write`. */
export async function openConnection(address: ClamdAddress, signal: AbortSignal, stallMs: number): Promise<Connection> {
  const where = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  // Without noDelay the last four octets would wait for an acknowledgement of the rest (40 ms).
  const socket = connect({ ...where, noDelay: true });
  const incoming = gather(socket);
  try {
    await connected(socket, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    incoming,
    write: (octets) => write(socket, octets, incoming, signal, stallMs),
    async finish(octets) {
      // What has arrived already gets its chance to be seen: a reply to half a message must not pass as one to all of it.
      await nextTurn();
      if (incoming.hasBegun()) return false;
      socket.write(octets);
      return true;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

async function connected(socket: Socket, signal: AbortSignal): Promise<void> {
  using patience = createPatience(signal, CONNECT_MS, 'no connection');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', (error) => reject(new ScannerFault('unreachable', `no connection: ${error.message}`, { cause: error })));
  await orAborted(promise, patience.signal);
}

async function write(
  socket: Socket,
  octets: readonly Buffer[],
  incoming: Incoming,
  signal: AbortSignal,
  stallMs: number,
): Promise<boolean> {
  if (incoming.hasBegun()) return false;
  using patience = createPatience(signal, stallMs, 'takes nothing: no octet was accepted');
  const { promise, resolve } = Promise.withResolvers<void>();
  incoming.onBegin(resolve);
  // A connection that breaks calls back too; then the end of what comes in wakes us.
  const taken = (error?: Error | null) => {
    if (!error) resolve();
  };
  // One system call for the length and the octets.
  socket.cork();
  for (const [index, part] of octets.entries()) socket.write(part, index === octets.length - 1 ? taken : undefined);
  socket.uncork();
  await orAborted(promise, patience.signal);
  return !incoming.hasBegun();
}

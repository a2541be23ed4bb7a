import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Cancellation } from '@vratny/waiting';
import { CLAMD_REPLY_MAX, CONNECT_MS } from '../limits.ts';
import { ScannerFault } from '../scanner-fault.ts';
import { createPatience, orAborted } from '../wait.ts';

/** Where a clamd listens. */
export type ClamdAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** The address as the site file writes it. */
export function clamdName(address: ClamdAddress): string {
  if (address.kind === 'unix') return `clamd unix:${address.path}`;
  return `clamd tcp://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** A connection to clamd: one command, one reply. Every wait ends when its signal is aborted. */
export interface Connection extends Disposable {
  readonly incoming: Incoming;
  /**
   * Hands octets to the system; resolves when it has taken all, and they may be overwritten. False when clamd has
   * spoken: it does not want any more, and the octets may still be in use.
   */
  write(octets: readonly Buffer[]): Promise<boolean>;
  /** Hands over the last octets without waiting. False when clamd had spoken before. */
  finish(octets: Buffer): Promise<boolean>;
}

/** Opens one. `stallMs` is how long clamd may take nothing at all. Rejects with `ScannerFault`; so does `write`. */
export async function openConnection(address: ClamdAddress, signal: Cancellation, stallMs: number): Promise<Connection> {
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
      // What has arrived already gets its chance to be seen: a reply to half a message must not pass as one to all of
      // it.
      await nextTurn();
      if (incoming.hasBegun()) return false;
      socket.write(octets);
      return true;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

async function connected(socket: Socket, signal: Cancellation): Promise<void> {
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
  signal: Cancellation,
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

/** What clamd sends, gathered. */
interface Incoming {
  /** True once anything came, be it the end. */
  hasBegun(): boolean;
  /** Called once, when the first octet or the end comes. */
  onBegin(wake: () => void): void;
  /** Everything up to the first NUL and whatever came with it. Rejects when the connection ends before. */
  readonly terminated: Promise<Buffer>;
  /** Everything, once clamd has closed its side. */
  readonly closed: Promise<Buffer>;
}

/** Gathers what a socket brings, at most {@link CLAMD_REPLY_MAX} octets. */
function gather(socket: Socket): Incoming {
  const terminated = Promise.withResolvers<Buffer>();
  const closed = Promise.withResolvers<Buffer>();
  // Who waits for one may never have come to wait for the other.
  for (const { promise } of [terminated, closed]) promise.catch(() => undefined);
  let bytes: Buffer = Buffer.alloc(0);
  let begun = false;
  let wake: () => void = () => undefined;
  const begin = () => {
    begun = true;
    wake();
  };
  const onBegin = (call: () => void) => {
    wake = call;
  };
  const fail = (fault: ScannerFault) => {
    terminated.reject(fault);
    closed.reject(fault);
    begin();
  };
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length > CLAMD_REPLY_MAX) {
      fail(new ScannerFault('malformed', `a reply of more than ${CLAMD_REPLY_MAX} octets`));
      socket.destroy();
      return;
    }
    if (bytes.includes(0)) terminated.resolve(bytes);
    begin();
  });
  socket.once('end', () => {
    terminated.reject(new ScannerFault('cut', bytes.length === 0 ? 'closed without a reply' : 'closed in the middle of its reply'));
    closed.resolve(bytes);
    begin();
  });
  socket.once('error', (error) => fail(new ScannerFault('cut', `the connection broke: ${error.message}`, { cause: error })));
  socket.once('close', () => fail(new ScannerFault('cut', 'the connection was closed')));
  return { hasBegun: () => begun, onBegin, terminated: terminated.promise, closed: closed.promise };
}

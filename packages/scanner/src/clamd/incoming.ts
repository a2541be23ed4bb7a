import type { Socket } from 'node:net';
import { CLAMD_REPLY_MAX } from '../limits.ts';
import { ScannerFault } from '../scanner-fault.ts';

/** What clamd sends, gathered. */
export interface Incoming {
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
export function gather(socket: Socket): Incoming {
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

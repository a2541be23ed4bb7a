import type { Writable } from 'node:stream';
import { READ_BYTES } from '../limits.ts';
import type { ArchiveSource } from '../port.ts';
import { frame } from '../reader/frames.ts';
import type { Request } from '../reader/messages.ts';

/** Sends a request with backpressure: what the reader has not taken is not read from the source. Stops when `over` settles. */
export async function sendRequest(stdin: Writable, source: ArchiveSource, request: Request, over: Promise<unknown>): Promise<void> {
  let isOver = false;
  const stop = () => {
    isOver = true;
  };
  const settled = over.then(stop, stop);
  const write = async (bytes: Uint8Array) => {
    if (stdin.write(frame(bytes)) || isOver) return;
    const drained = Promise.withResolvers<void>();
    stdin.once('drain', drained.resolve);
    await Promise.race([drained.promise, settled]);
    stdin.removeListener('drain', drained.resolve);
  };
  await write(Buffer.from(JSON.stringify(request)));
  for await (const chunk of source.bytes) {
    for (let at = 0; at < chunk.length && !isOver; at += READ_BYTES) await write(chunk.subarray(at, at + READ_BYTES));
    if (isOver) return;
  }
  await write(Buffer.alloc(0));
}

import type { Transform } from 'node:stream';
import type { Bytes } from '../bytes.ts';
import { READ_BYTES } from '../limits.ts';
import type { Keeper } from './format.ts';

/** How a stream ended. `cut`: the keeper needed no more content. */
export type StreamEnd = 'end' | 'cut' | 'error';

/** Unpacks `bytes` through a decompressor of node:zlib into a keeper, with at most a chunk or two in memory. */
export async function unpackStream(
  bytes: Bytes,
  decompressor: Transform,
  keeper: Keeper,
  progress?: { readBytes: number },
): Promise<StreamEnd> {
  const feeding = feed(bytes, decompressor, progress);
  try {
    for await (const chunk of decompressor) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('a decompressor yields buffers');
      if (!keeper.write(chunk)) return 'cut';
    }
    return 'end';
  } catch {
    return 'error';
  } finally {
    decompressor.destroy();
    await feeding;
  }
}

async function feed(bytes: Bytes, decompressor: Transform, progress: { readBytes: number } | undefined): Promise<void> {
  for (let at = 0; at < bytes.sizeBytes && !decompressor.destroyed; at += READ_BYTES) {
    const goesOn = decompressor.write(bytes.read(at, at + READ_BYTES));
    if (progress !== undefined) progress.readBytes = Math.min(bytes.sizeBytes, at + READ_BYTES);
    if (!goesOn && !decompressor.destroyed) await drained(decompressor);
  }
  if (!decompressor.destroyed) decompressor.end();
}

/** The reader destroys the stream when it is done, with or without an error, so `close` is always emitted. */
function drained(decompressor: Transform): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      decompressor.off('drain', done);
      decompressor.off('close', done);
      resolve();
    };
    decompressor.on('drain', done);
    decompressor.on('close', done);
  });
}

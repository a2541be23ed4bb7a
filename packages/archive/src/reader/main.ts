import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { REQUEST_MAX_BYTES } from '../limits.ts';
import type { Wasm } from '../wasm.ts';
import { createFrameReader, frame } from './frames.ts';
import { readTurn } from './messages.ts';
import { type OpenTurn, openTurn } from './turn.ts';

export { createWasm, installedWasm, type Wasm } from '../wasm.ts';

/** What a reader process is made of. */
export interface ReaderOptions {
  /** Turns: a frame of JSON; for each part a frame of JSON, frames of bytes, an empty frame; an empty frame behind the last part. */
  readonly input: Readable;
  /** One frame of JSON for each part, at once: whoever waits knows at which part a reader dies. Nothing else may be written there. */
  readonly output: Writable;
  /** Where large archives lie while they are read, in a file without a name. */
  readonly directory: string;
  readonly wasm: Wasm;
}

/**
 * The whole life of a reader process: answers until its input ends. Rejects when a request cannot be understood or the disk is full; the
 * program then ends with an error, and the parent starts another.
 */
export async function runReader(options: ReaderOptions): Promise<void> {
  let turn: OpenTurn | undefined;
  // A frame is JSON, or a chunk of bytes, which are shorter.
  const frames = createFrameReader(REQUEST_MAX_BYTES);
  try {
    for await (const chunk of options.input) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('the input must yield buffers');
      for (const one of frames.push(chunk)) {
        if (turn === undefined) turn = openTurn(readTurn(one), options);
        else {
          const answer = await turn.take(one);
          if (answer === 'over') turn = undefined;
          else if (answer !== undefined) await write(options.output, Buffer.from(JSON.stringify(answer)));
        }
      }
    }
  } finally {
    turn?.close();
  }
}

async function write(output: Writable, answer: Buffer): Promise<void> {
  if (!output.write(frame(answer))) await once(output, 'drain');
}

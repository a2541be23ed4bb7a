import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { inspect } from '../inspect.ts';
import { KEPT_MAX_BYTES, REQUEST_MAX_BYTES } from '../limits.ts';
import { createStore } from '../store.ts';
import type { Wasm } from '../wasm.ts';
import { createFrameReader, frame } from './frames.ts';
import { readRequest } from './messages.ts';

export { createWasm, installedWasm, type Wasm } from '../wasm.ts';

/** What a reader process is made of. */
export interface ReaderOptions {
  /** Requests: a frame of JSON, frames of bytes, an empty frame; one archive after the other. */
  readonly input: Readable;
  /** One frame of JSON for each request. Nothing else may be written there. */
  readonly output: Writable;
  /** Where large archives lie while they are read, in a file without a name. */
  readonly directory: string;
  readonly wasm: Wasm;
}

/**
 * The whole life of a reader process: answers requests until its input ends. Rejects when a request cannot be understood or the disk is
 * full; the program then ends with an error, and the parent starts another.
 */
export async function runReader(options: ReaderOptions): Promise<void> {
  let request: Collected | undefined;
  // A frame is a request's head, or a chunk of bytes, which are shorter.
  const frames = createFrameReader(REQUEST_MAX_BYTES);
  try {
    for await (const chunk of options.input) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('the input must yield buffers');
      for (const one of frames.push(chunk)) {
        if (request === undefined) request = collect(one, options.directory);
        else if (one.length > 0) request.add(one);
        else {
          await answer(request, options);
          request.close();
          request = undefined;
        }
      }
    }
  } finally {
    request?.close();
  }
}

type Collected = ReturnType<typeof collect>;

/** Gathers the bytes of one request: small ones in memory, larger ones in a file. */
function collect(head: Buffer, directory: string) {
  const request = readRequest(head);
  const store = createStore(directory);
  const draft = store.draft();
  return {
    request,
    add(chunk: Buffer) {
      if (!draft.write(chunk)) throw new RangeError(`an archive of more than ${KEPT_MAX_BYTES} bytes`);
    },
    bytes: () => draft.keep(),
    close: () => store.close(),
  };
}

async function answer(collected: Collected, options: ReaderOptions): Promise<void> {
  const { budget, name } = collected.request;
  const start = performance.now();
  const { wasm, directory } = options;
  const report = await inspect(collected.bytes(), name, { budget, wasm, directory, elapsedMs: () => performance.now() - start });
  const { user, system } = process.cpuUsage();
  const bytes = Buffer.from(JSON.stringify({ report, cpuMs: (user + system) / 1000 }));
  if (!options.output.write(frame(bytes))) await once(options.output, 'drain');
}

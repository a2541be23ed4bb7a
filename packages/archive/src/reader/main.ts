import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { inspect } from '../inspect.ts';
import { KEPT_MAX_BYTES, REQUEST_MAX_BYTES } from '../limits.ts';
import { createMachineWork } from '../reader-failure.ts';
import { createStore } from '../store.ts';
import type { Wasm } from '../wasm.ts';
import { createFrameReader, lengthOf } from './frames.ts';
import { type Answer, type PartHead, readMessage, type Turn } from './messages.ts';

export { READER_FAILED } from '../limits.ts';
export { ReaderFailure } from '../reader-failure.ts';
export { createWasm, installedWasm, type Wasm } from '../wasm.ts';

/** What a reader process needs. */
export interface ReaderOptions {
  /**
   * Turns: a frame of JSON; for each part a frame of JSON, frames of bytes, an empty frame; an empty frame after the
   * last part.
   */
  readonly input: Readable;
  /**
   * One frame of JSON for each part, written at once, so that the parent knows at which part a reader ended. Nothing
   * else may be written there.
   */
  readonly output: Writable;
  /** The directory of the temporary file, which has no name, for large archives. */
  readonly directory: string;
  readonly wasm: Wasm;
}

/**
 * Runs a reader process: answers until its input ends. Rejects when a request cannot be understood, and
 * with `ReaderFailure` when the machine fails; the program then ends, with `READER_FAILED` in the second case, and the
 * parent starts another.
 */
export async function runReader(options: ReaderOptions): Promise<void> {
  let turn: OpenTurn | undefined;
  // A frame is JSON, or a chunk of bytes, which are shorter.
  const frames = createFrameReader(REQUEST_MAX_BYTES);
  try {
    for await (const chunk of options.input) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('the input must yield buffers');
      for (const one of frames.push(chunk)) {
        if (turn === undefined) turn = openTurn(readMessage('turn', one), options);
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

/** What `inspect` needs. */
interface TurnOptions {
  readonly directory: string;
  readonly wasm: Wasm;
}

/** A turn as a reader sees it: parts of one message, one after the other. */
interface OpenTurn {
  /** Takes the next frame. An answer: a part is complete. `over`: the turn is. Undefined: more must come. */
  take(frame: Buffer): Promise<Answer | 'over' | undefined>;
  /** Releases an unfinished part. */
  close(): void;
}

/**
 * Opens a turn. `take` rejects when a frame cannot be understood, when a part is too large, and when the disk is full.
 */
function openTurn({ budget, before }: Turn, { directory, wasm }: TurnOptions): OpenTurn {
  let spent = before;
  let part: CollectedPart | undefined;

  async function answer({ head, bytes, machine }: CollectedPart): Promise<Answer> {
    const start = performance.now();
    const elapsedMs = () => performance.now() - start;
    const inspected = await inspect(bytes(), head.names ?? [], { budget, before: spent, wasm, directory, machine, elapsedMs });
    spent = inspected.spent;
    const { user, system } = process.cpuUsage();
    return { ...inspected, ...(machine.worn ? { worn: true } : {}), cpuMs: (user + system) / 1000 };
  }
  return {
    async take(frame) {
      if (part === undefined) {
        if (frame.length === 0) return 'over';
        part = collectPart(readMessage('part', frame), directory);
      } else if (frame.length > 0) part.add(frame);
      else {
        const answered = await answer(part);
        part.close();
        part = undefined;
        return answered;
      }
      return undefined;
    },
    close: () => part?.close(),
  };
}

type CollectedPart = ReturnType<typeof collectPart>;

/** Gathers the bytes of one part: small ones in memory, larger ones in a file. */
function collectPart(head: PartHead, directory: string) {
  const machine = createMachineWork();
  const store = createStore(directory, machine);
  const draft = store.draft();
  return {
    head,
    machine,
    add(chunk: Buffer) {
      if (!draft.write(chunk)) throw new RangeError(`an archive of more than ${KEPT_MAX_BYTES} bytes`);
    },
    bytes: () => draft.keep(),
    close: () => store.close(),
  };
}

/** One frame: its length in four octets, then its bytes. A frame of length 0 ends a sequence. */
export function frame(bytes: Uint8Array): Buffer {
  return Buffer.concat([lengthOf(bytes), bytes]);
}

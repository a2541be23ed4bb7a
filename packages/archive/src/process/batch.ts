import type { Writable } from 'node:stream';
import { BATCH_BYTES, BATCH_PARTS_MAX, READ_BYTES } from '../limits.ts';
import { type ArchiveSource, namesOf } from '../port.ts';
import { lengthOf } from '../reader/frames.ts';
import type { Answer, PartHead, Turn } from '../reader/messages.ts';

/** The parts that go to a reader in one turn, and its answers. */
export interface Batch {
  /** Given to the reader so far, the last one perhaps in part. */
  readonly sent: readonly ArchiveSource[];
  /** To as many of them, in order. */
  readonly answers: readonly Answer[];
  /** All are sent and answered. */
  readonly complete: boolean;
  /** Sends as many parts as a batch may have. Ends early when the writer was stopped. Rejects with a source's error. */
  send(writer: FrameWriter, turn: Turn): Promise<void>;
  answer(answer: Answer): void;
}

const END = new Uint8Array(0);

/** Creates a batch that begins with `first` and goes on with what `next` gives, until that is undefined. */
export function createBatch(first: ArchiveSource, next: () => ArchiveSource | undefined): Batch {
  const sent: ArchiveSource[] = [];
  const answers: Answer[] = [];
  let allSent = false;
  let sentBytes = 0;

  async function sendPart(writer: FrameWriter, source: ArchiveSource): Promise<void> {
    const { bytes } = source;
    const head: PartHead = { names: namesOf(source) };
    await writer.write(Buffer.from(JSON.stringify(head)));
    for await (const chunk of bytes) {
      sentBytes += chunk.length;
      for (let at = 0; at < chunk.length; at += READ_BYTES) await writer.write(chunk.subarray(at, at + READ_BYTES));
      if (writer.stopped) return;
    }
    await writer.write(END);
  }
  return {
    sent,
    answers,
    get complete() {
      return allSent && answers.length === sent.length;
    },
    async send(writer, turn) {
      await writer.write(Buffer.from(JSON.stringify(turn)));
      for (let part: ArchiveSource | undefined = first; part !== undefined && !writer.stopped; ) {
        sent.push(part);
        await sendPart(writer, part);
        part = sent.length < BATCH_PARTS_MAX && sentBytes < BATCH_BYTES ? next() : undefined;
      }
      await writer.write(END);
      allSent = true;
      await writer.flush();
    },
    answer(answer) {
      answers.push(answer);
    },
  };
}

/** Writes frames into a pipe with backpressure. Calls must not overlap. */
export interface FrameWriter {
  readonly stopped: boolean;
  /** Resolves when `bytes` may be used again: they are copied. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends what waits, and resolves when the pipe has taken it. */
  flush(): Promise<void>;
  /** Nothing is written any more, and nobody waits. */
  stop(): void;
}

/**
 * Creates a writer that owns one block: small frames go in one write, and however large a part is, no more than the block is in flight.
 * The block is filled again only when the pipe has taken it, so that nothing is left for the garbage collector.
 */
export function createFrameWriter(pipe: Writable): FrameWriter {
  const block = Buffer.allocUnsafeSlow(READ_BYTES);
  let used = 0;
  let stopped = false;
  let wake: () => void = () => undefined;

  async function flush(): Promise<void> {
    if (used === 0 || stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    // When it fails the reader is dead, which others see.
    pipe.write(block.subarray(0, used), () => resolve());
    await promise;
    used = 0;
  }
  async function append(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length && !stopped; ) {
      const piece = bytes.subarray(from, from + block.length - used);
      block.set(piece, used);
      used += piece.length;
      from += piece.length;
      if (used === block.length) await flush();
    }
  }
  return {
    get stopped() {
      return stopped;
    },
    async write(bytes) {
      await append(lengthOf(bytes));
      await append(bytes);
    },
    flush,
    stop() {
      stopped = true;
      wake();
    },
  };
}

import { createHash } from 'node:crypto';
import type { Content } from '@vratny/message';
import { keptRanges } from '../copy-bytes.ts';
import type { Consignment } from '../port.ts';
import { createDotStuffing } from './dot-stuffing.ts';
import { LmtpFault } from './fault.ts';
import { WRITE_BYTES } from './limits.ts';

/** What a message consists of. */
export type Body = Pick<Consignment, 'content' | 'omit' | 'signal'> & { readonly stamps: string };

/**
 * Sends stamps and message, dots doubled, in writes of some 64 KiB, and returns the last octets with the end of the message *unsent*: whoever
 * sends them hands the message over. The whole content is read, omitted ranges too, and its SHA-256 compared with what was scanned; when it
 * differs, or reading fails, or the time is over, this rejects with {@link LmtpFault} `ended` and nothing may be sent any more.
 */
export async function sendBody({ stamps, content, omit, signal }: Body, write: (octets: Buffer) => Promise<void>): Promise<Buffer> {
  const stuffing = createDotStuffing();
  const kept = createSelection(content, omit);
  const hash = createHash('sha256');
  let waiting: Buffer[] = [stuffing.stuff(Buffer.from(stamps, 'utf8'))];
  let waitingBytes = waiting[0]?.length ?? 0;
  for await (const chunk of readable(content)) {
    if (signal.aborted) throw new LmtpFault('ended', 'delivery was ended');
    hash.update(chunk);
    for (const piece of kept(chunk)) {
      const stuffed = stuffing.stuff(piece);
      waiting.push(stuffed);
      waitingBytes += stuffed.length;
    }
    if (waitingBytes < WRITE_BYTES) continue;
    // One piece is held back, so that the end never goes alone and a small message is one write.
    const held = waiting.pop() ?? Buffer.alloc(0);
    if (waiting.length > 0) await write(joined(waiting));
    waiting = [held];
    waitingBytes = held.length;
  }
  if (hash.digest('hex') !== content.sha256) throw new LmtpFault('ended', 'the spooled message is not the one that was scanned');
  return Buffer.concat([...waiting, Buffer.from(stuffing.end(), 'latin1')]);
}

/** A chunk that stands alone need not be copied. */
function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

/** What the spool cannot give is no fault of the store. */
async function* readable(content: Content): AsyncGenerator<Buffer> {
  try {
    yield* content.read();
  } catch (error) {
    if (error instanceof LmtpFault) throw error;
    throw new LmtpFault('ended', `the spooled message cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Of each chunk, in order, the parts that are not omitted. */
function createSelection(content: Content, omit: Body['omit']): (chunk: Buffer) => readonly Buffer[] {
  const ranges = keptRanges(content.sizeBytes, omit);
  let next = 0;
  let start = 0;
  return (chunk) => {
    const pieces: Buffer[] = [];
    const end = start + chunk.length;
    for (let range = ranges[next]; range !== undefined && range.start < end; range = ranges[next]) {
      const piece = chunk.subarray(Math.max(range.start - start, 0), Math.min(range.end, end) - start);
      if (piece.length > 0) pieces.push(piece);
      if (range.end > end) break;
      next += 1;
    }
    start = end;
    return pieces;
  };
}

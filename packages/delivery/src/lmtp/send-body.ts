import { readChecked } from '../copy-bytes.ts';
import type { Consignment } from '../port.ts';
import { createDotStuffing } from './dot-stuffing.ts';
import { LmtpFault, sayFault } from './fault.ts';
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
  let waiting: Buffer[] = [stuffing.stuff(Buffer.from(stamps, 'utf8'))];
  let waitingBytes = waiting[0]?.length ?? 0;
  for await (const piece of checked({ content, omit })) {
    if (signal.aborted) throw new LmtpFault('ended', 'delivery was ended');
    const stuffed = stuffing.stuff(piece);
    waiting.push(stuffed);
    waitingBytes += stuffed.length;
    if (waitingBytes < WRITE_BYTES) continue;
    // One piece is held back, so that the end never goes alone and a small message is one write.
    const held = waiting.pop() ?? Buffer.alloc(0);
    if (waiting.length > 0) await write(joined(waiting));
    waiting = [held];
    waitingBytes = held.length;
  }
  return Buffer.concat([...waiting, Buffer.from(stuffing.end(), 'latin1')]);
}

/** A chunk that stands alone need not be copied. */
function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

/** What the spool cannot give is no fault of the store. */
async function* checked({ content, omit }: Pick<Body, 'content' | 'omit'>): AsyncGenerator<Buffer> {
  try {
    yield* readChecked(content, omit);
  } catch (error) {
    throw new LmtpFault('ended', sayFault(error));
  }
}

import type { Cancellation } from '@vratny/waiting';
import { createDotStuffing } from './dot-stuffing.ts';
import { ConversationFault, describeFault } from './fault.ts';
import { WRITE_BYTES } from './limits.ts';

/**
 * Sends a message, dots doubled, in writes of some 64 KiB, and returns the last octets with the end of the message *unsent*: whoever sends them hands
 * the message over. When reading it fails, or the time is over, this rejects with {@link ConversationFault} `ended` and nothing may be sent any more.
 */
export async function sendBody(
  body: AsyncIterable<Buffer>,
  signal: Cancellation,
  write: (octets: Buffer) => Promise<void>,
): Promise<Buffer> {
  const stuffing = createDotStuffing();
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  try {
    for await (const piece of body) {
      if (signal.aborted) throw new ConversationFault('ended', 'delivery was ended');
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
  } catch (error) {
    // What the message's owner cannot give is no fault of the server.
    throw error instanceof ConversationFault ? error : new ConversationFault('ended', describeFault(error));
  }
  return Buffer.concat([...waiting, Buffer.from(stuffing.end(), 'latin1')]);
}

/** A chunk that stands alone need not be copied. */
function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

import { type Cancellation, runSteps, type Steps, wait } from '@vratny/waiting';
import { ConversationFault, describeFault } from './fault.ts';
import { WRITE_BYTES } from './limits.ts';

/**
 * Sends a message, dots doubled, in writes of some 64 KiB, and returns the last octets with the end of the message *unsent*: whoever sends them hands
 * the message over. When reading it fails, or the time is over, this throws or rejects with {@link ConversationFault} `ended` and nothing may be sent any
 * more. No promise for a body that can be walked at once and waits for no write.
 */
export function sendBody(
  body: AsyncIterable<Buffer> | Iterable<Buffer>,
  signal: Cancellation,
  write: (octets: Buffer) => void | Promise<void>,
): Buffer | Promise<Buffer> {
  const sending = new Sending(signal, write);
  return Symbol.asyncIterator in body ? sendWaiting(body, sending) : runSteps(sendAtOnce(body, sending));
}

async function sendWaiting(body: AsyncIterable<Buffer>, sending: Sending): Promise<Buffer> {
  try {
    for await (const piece of body) await sending.take(piece);
    return sending.end();
  } catch (error) {
    throw faultOf(error);
  }
}

function* sendAtOnce(body: Iterable<Buffer>, sending: Sending): Steps<Buffer> {
  try {
    for (const piece of body) yield* wait(sending.take(piece));
    return sending.end();
  } catch (error) {
    throw faultOf(error);
  }
}

/** When the message cannot be read, that is no fault of the server. */
function faultOf(error: unknown): ConversationFault {
  return error instanceof ConversationFault ? error : new ConversationFault('ended', describeFault(error));
}

/** Gathers the octets of a message into writes. */
class Sending {
  readonly #signal: Cancellation;
  readonly #write: (octets: Buffer) => void | Promise<void>;
  readonly #stuffing = createDotStuffing();
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  constructor(signal: Cancellation, write: (octets: Buffer) => void | Promise<void>) {
    this.#signal = signal;
    this.#write = write;
  }

  take(piece: Buffer): void | Promise<void> {
    if (this.#signal.aborted) throw new ConversationFault('ended', 'delivery was ended');
    const stuffed = this.#stuffing.stuff(piece);
    this.#waiting.push(stuffed);
    this.#waitingBytes += stuffed.length;
    if (this.#waitingBytes < WRITE_BYTES) return undefined;
    // One piece is held back, so that the end never goes alone and a small message is one write.
    const held = this.#waiting.pop() ?? Buffer.alloc(0);
    const ready = this.#waiting;
    this.#waiting = [held];
    this.#waitingBytes = held.length;
    return ready.length > 0 ? this.#write(joined(ready)) : undefined;
  }

  /** The last octets. */
  end(): Buffer {
    return Buffer.concat([...this.#waiting, Buffer.from(this.#stuffing.end(), 'latin1')]);
  }
}

/** A single chunk is not copied. */
function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const LF_DOT = Buffer.from('\n.');

/** Makes a message transparent (RFC 5321 §4.5.2): a dot at the beginning of a line is doubled. */
interface DotStuffing {
  /** The next octets as they go onto the wire: the same memory when nothing is to be done. @throws ConversationFault when the message cannot be sent */
  stuff(octets: Buffer): Buffer;
  /** What ends the message: CRLF first when its last line has none. */
  end(): string;
}

/**
 * Lines are what CRLF ends. A dot after a bare LF is an error: some servers take `LF . LF` or `LF . CRLF` for the end of the message, and what stood
 * behind it would be commands. The gate has normalised line ends, so this does not happen; were it to, nothing is sent.
 */
export function createDotStuffing(): DotStuffing {
  // The two octets before the next one; the message begins at the beginning of a line.
  let before = CR;
  let last = LF;

  function remember(octets: Buffer): void {
    before = octets.length > 1 ? (octets.at(-2) ?? 0) : last;
    last = octets.at(-1) ?? 0;
  }
  function stuffFrom(octets: Buffer, from: number): Buffer {
    // The first dot, and one more for each line of three octets (`.`, CR, LF) at the most.
    const out = Buffer.allocUnsafeSlow(octets.length + Math.ceil((octets.length - from) / 3) + 1);
    out.set(octets.subarray(0, from));
    const length = copyStuffed({ octets, from, out, last, before });
    return out.subarray(0, length);
  }
  return {
    stuff(octets) {
      if (octets.length === 0) return octets;
      const atStart = last === LF && octets[0] === DOT;
      const found = atStart ? 0 : octets.indexOf(LF_DOT);
      // Octet by octet only from the first dot on: searching for each would cost most where there are many.
      const stuffed = found === -1 ? octets : stuffFrom(octets, atStart ? 0 : found + 1);
      remember(octets);
      return stuffed;
    },
    end: () => (before === CR && last === LF ? '.\r\n' : '\r\n.\r\n'),
  };
}

interface Stuffing {
  readonly octets: Buffer;
  readonly from: number;
  readonly out: Buffer;
  /** The octet before these, and the one before that. */
  readonly last: number;
  readonly before: number;
}

/** Copies from `from` on, each dot at the beginning of a line twice; returns where it ends. A plain loop, because a message may consist of 100 MB of dots. */
function copyStuffed({ octets, from, out, last, before }: Stuffing): number {
  const { length } = octets;
  let to = from;
  let previous = from > 0 ? (octets[from - 1] ?? 0) : last;
  for (let at = from; at < length; at += 1) {
    const octet = octets[at] ?? 0;
    if (octet === DOT && previous === LF) {
      const beforeThat = at > 1 ? octets[at - 2] : at === 1 ? last : before;
      if (beforeThat !== CR) throw new ConversationFault('ended', 'the message has a dot after a bare LF and cannot be sent unchanged');
      out[to] = DOT;
      to += 1;
    }
    out[to] = octet;
    to += 1;
    previous = octet;
  }
  return to;
}

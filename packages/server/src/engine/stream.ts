import { COMMAND_LINE_MAX } from '@vratny/smtp';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { LINES_PER_TURN, READ_AHEAD_BYTES } from '../limits.ts';
import { HEADER_START_BYTES } from '../proxy/read-header.ts';
import { createUnstuffer } from './unstuff.ts';

/** A command line without its end, and what was odd about it. */
export interface Line {
  readonly text: Buffer;
  /** `too-long`: `text` is its beginning, enough to see the verb. `foreign`: its first octet begins no line of SMTP; nothing was waited for, and `text` is empty. */
  readonly oddity: 'bare-lf' | 'too-long' | 'foreign' | undefined;
  /** Bytes that came behind it in the same read: the client pipelines. */
  readonly more: boolean;
  /** Where its first octet stands in what this stream received. */
  readonly from: number;
}

/** Takes the bytes of one message, or of one chunk of it. */
export interface DataSink {
  /** `from` is where the chunk stands in what the stream received. Resolves when more may come; never rejects. */
  write(chunk: Buffer, from: number): Promise<void>;
  /** The final dot was seen, or the chunk is whole. Resolves when the reply has been written; never rejects. */
  end(): Promise<void>;
}

/** Gets what the stream reads. Promises resolve when the next line may be read; they never reject. */
export interface StreamReader {
  onLine(line: Line): Promise<void>;
  /** The client has closed its side, and everything before that has been read. */
  onEnd(): void;
}

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = Buffer.alloc(0);

/** Of a line that is too long: enough to see its verb. */
const LINE_START_BYTES = 16;

/** Smaller chunks are not worth the call: with 4 KiB it costs a hundredth of what hashing them does, and a pooled slice is never that large. */
const GIVE_BACK_FROM_BYTES = 4096;

/**
 * The parser of a connection: command lines, DATA while a sink is set, and chunks of BDAT. It replaces the library's own, which ends lines at bare LF, spends a
 * timer turn on each dot-stuffed line and has no way to wait for the spool.
 */
export class MxStream extends SMTPStream {
  readonly #reader: StreamReader;
  #sink: DataSink | undefined;
  #chunk: { leftBytes: number; readonly sink: DataSink } | undefined;
  #pending: Buffer = EMPTY;
  /** The beginning of a line that is longer than a command may be. */
  #overlong: Buffer | undefined;
  #unstuffer = createUnstuffer();
  #linesOfTurn = 0;
  #receivedBytes = 0;
  /** A text: a slice of Node's shared pool would keep a whole block of it alive for as long as the connection lasts. */
  #beginning = '';
  /** Octets that were looked at. */
  #seenBytes = 0;
  /** Where the line that is not complete yet began. */
  #lineFrom: number | undefined;

  constructor(reader: StreamReader) {
    super({ highWaterMark: READ_AHEAD_BYTES });
    this.#reader = reader;
  }

  /** What comes next is a message. */
  receive(sink: DataSink): void {
    this.#sink = sink;
  }

  /** The next `sizeBytes` octets, at least one, are a piece of a message (RFC 3030 §2), as they are: nothing is unstuffed. */
  receiveChunk(sizeBytes: number, sink: DataSink): void {
    this.#chunk = { leftBytes: sizeBytes, sink };
  }

  /**
   * Octets received so far: what has not been looked at waits in the read-ahead. Infinity while that is full, since the kernel may then hold more
   * that came before.
   */
  get receivedBytes(): number {
    return this.writableNeedDrain ? Number.POSITIVE_INFINITY : this.#receivedBytes;
  }

  /** The first octets received, as many as tell whether they are a PROXY header. */
  get beginning(): Buffer {
    return Buffer.from(this.#beginning, 'latin1');
  }

  override write(chunk: Buffer | string, ...rest: readonly never[]): boolean {
    if (this.#receivedBytes < HEADER_START_BYTES) this.#keepBeginning(chunk);
    this.#receivedBytes += Buffer.byteLength(chunk);
    return super.write(chunk, ...rest);
  }

  #keepBeginning(chunk: Buffer | string): void {
    const octets = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#beginning += octets.toString('latin1', 0, HEADER_START_BYTES - this.#beginning.length);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, next: () => void): void {
    void this.#consumeThen(chunk, next);
  }

  async #consumeThen(chunk: Buffer, next: () => void): Promise<void> {
    try {
      await this.#consume(chunk);
      next();
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The library calls this when the client has closed its side. What is left is no command: nothing ended it. */
  override _flushData(): void {
    this.#pending = EMPTY;
    if (!this.isClosed) this.#reader.onEnd();
  }

  async #consume(chunk: Buffer): Promise<void> {
    let rest = chunk;
    const { length } = chunk;
    const begin = this.#seenBytes;
    this.#seenBytes += length;
    while (rest.length > 0 && !this.isClosed) {
      const at = begin + length - rest.length;
      if (this.#sink) {
        rest = await this.#consumeData(this.#sink, rest, at);
        continue;
      }
      if (this.#chunk) {
        rest = await this.#consumeChunk(this.#chunk, rest, at);
        continue;
      }
      if (this.#lineFrom === undefined && isForeignOctet(rest[0] ?? 0)) {
        return this.#reader.onLine({ text: EMPTY, oddity: 'foreign', more: true, from: at });
      }
      this.#lineFrom ??= at;
      const end = rest.indexOf(LF);
      if (end === -1) return this.#keep(rest);
      const line = { ...this.#takeLine(rest, end), from: this.#lineFrom };
      this.#lineFrom = undefined;
      rest = rest.subarray(end + 1);
      await this.#reader.onLine({ ...line, more: rest.length > 0 });
      await this.#giveTurn();
    }
  }

  /** Counted over chunks: a client may send its lines in many small ones. */
  async #giveTurn(): Promise<void> {
    this.#linesOfTurn += 1;
    if (this.#linesOfTurn < LINES_PER_TURN) return;
    this.#linesOfTurn = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Bounded: what is longer than a command may be is forgotten up to its end. */
  #keep(rest: Buffer): void {
    const kept = this.#pending.length + rest.length;
    if (this.#overlong !== undefined || kept > COMMAND_LINE_MAX) {
      this.#overlong ??= beginningOf(this.#pending, rest);
      this.#pending = EMPTY;
      return;
    }
    // Not from Node's shared pool, of which it would keep a whole block: a line may take minutes.
    const line = Buffer.allocUnsafeSlow(kept);
    rest.copy(line, this.#pending.copy(line));
    this.#pending = line;
  }

  #takeLine(rest: Buffer, end: number): Pick<Line, 'text' | 'oddity'> {
    const whole = this.#pending.length === 0 ? rest.subarray(0, end) : Buffer.concat([this.#pending, rest.subarray(0, end)]);
    const overlong = this.#overlong ?? (whole.length > COMMAND_LINE_MAX ? beginningOf(whole) : undefined);
    this.#pending = EMPTY;
    this.#overlong = undefined;
    if (overlong !== undefined) return { text: overlong, oddity: 'too-long' };
    const bareLf = whole.at(-1) !== CR;
    return { text: bareLf ? whole : whole.subarray(0, -1), oddity: bareLf ? 'bare-lf' : undefined };
  }

  async #consumeChunk(chunk: { leftBytes: number; readonly sink: DataSink }, read: Buffer, from: number): Promise<Buffer> {
    const content = read.subarray(0, chunk.leftBytes);
    const rest = read.subarray(content.length);
    chunk.leftBytes -= content.length;
    await chunk.sink.write(content, from);
    if (rest.length === 0) giveBack(read);
    // As with DATA: a message whose client is gone has no end.
    if (this.isClosed) return EMPTY;
    if (chunk.leftBytes > 0) return rest;
    this.#chunk = undefined;
    await chunk.sink.end();
    return rest.length === 0 ? EMPTY : rest;
  }

  async #consumeData(sink: DataSink, chunk: Buffer, from: number): Promise<Buffer> {
    const { content, rest } = this.#unstuffer.push(chunk);
    if (content.length > 0) await sink.write(content, from);
    // Within a message, the sink has taken it all: nothing of the chunk is needed any more.
    if (rest === undefined) giveBack(chunk);
    // A message whose client is gone has no end, even when the final dot came with the same bytes.
    if (rest === undefined || this.isClosed) return EMPTY;
    this.#sink = undefined;
    this.#unstuffer = createUnstuffer();
    await sink.end();
    return rest;
  }
}

/** The first octets of a line, as a copy that keeps nothing else alive. */
function beginningOf(...pieces: readonly Buffer[]): Buffer {
  return Buffer.from(Buffer.concat(pieces.map((piece) => piece.subarray(0, LINE_START_BYTES))).subarray(0, LINE_START_BYTES));
}

/** True for an octet with which no line of SMTP begins: TLS, RDP, SMB, LDAP and random octets do. */
function isForeignOctet(octet: number): boolean {
  return octet >= 0x7f || (octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d);
}

/**
 * Gives the memory of a chunk back at once: the garbage collector would let 64 MiB of them wait. Only when the chunk is its buffer, from the first
 * octet to the last: a socket, TLS or not, makes a buffer for each read and keeps none, while a slice shares its own with strangers.
 */
function giveBack(chunk: Buffer): void {
  const { buffer } = chunk;
  if (chunk.length < GIVE_BACK_FROM_BYTES || chunk.length !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  buffer.transfer(0);
}

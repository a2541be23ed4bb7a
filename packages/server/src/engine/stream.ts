import { EventEmitter } from 'node:events';
import { COMMAND_LINE_MAX } from '@vratny/smtp';
import { LINES_PER_TURN, READ_AHEAD_BYTES } from '../limits.ts';
import { HEADER_START_BYTES } from '../proxy/read-header.ts';
import { createUnstuffer, type Unstuffer } from './unstuff.ts';

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
  /** `from` is where the chunk stands in what the stream received. More may come when it returns, or when its promise resolves; never rejects. */
  write(chunk: Buffer, from: number): void | Promise<void>;
  /** The final dot was seen, or the chunk is whole. The reply has been written when it returns, or when its promise resolves; never rejects. */
  end(): void | Promise<void>;
}

/** Gets what the stream reads. The next line may be read when a call returns, or when its promise resolves; they never reject. */
export interface StreamReader {
  onLine(line: Line): void | Promise<void>;
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
 * The parser of a connection: command lines, DATA while a sink is set, and chunks of BDAT. A socket is piped into it. It stands in the place of the library's own,
 * which ends lines at bare LF, spends a timer turn on each dot-stuffed line and has no way to wait for the spool. It is no `Writable`: what is answered at once
 * is read on at once, in the call that brought it, and a chunk is queued only while an answer is waited for.
 */
export class MxStream extends EventEmitter implements NodeJS.WritableStream {
  /** Set when the connection ends, or speaks TLS from now on: what is left is no concern of anybody. */
  isClosed = false;
  readonly #reader: StreamReader;
  #sink: DataSink | undefined;
  #chunk: { leftBytes: number; readonly sink: DataSink } | undefined;
  #pending: Buffer = EMPTY;
  /** The beginning of a line that is longer than a command may be. */
  #overlong: Buffer | undefined;
  #unstuffer: Unstuffer | undefined;
  #linesOfTurn = 0;
  #receivedBytes = 0;
  /** A text: a slice of Node's shared pool would keep a whole block of it alive for as long as the connection lasts. */
  #beginning = '';
  /** Where the line that is not complete yet began. */
  #lineFrom: number | undefined;
  /** What is left of the chunk that is being read, and where it begins in what was received. */
  #rest: Buffer = EMPTY;
  #at = 0;
  /** Chunks that came while something was waited for. */
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #reading = false;
  #isFull = false;
  #ended = false;

  constructor(reader: StreamReader) {
    super();
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
    return this.#isFull ? Number.POSITIVE_INFINITY : this.#receivedBytes;
  }

  /** The first octets received, as many as tell whether they are a PROXY header. */
  get beginning(): Buffer {
    return Buffer.from(this.#beginning, 'latin1');
  }

  get writable(): boolean {
    return !this.isClosed && !this.#ended;
  }

  /** False when the read-ahead is full: `drain` says when there is room again. */
  write(octets: Uint8Array | string): boolean {
    const chunk = Buffer.isBuffer(octets) ? octets : Buffer.from(octets);
    if (this.#receivedBytes < HEADER_START_BYTES)
      this.#beginning += chunk.toString('latin1', 0, HEADER_START_BYTES - this.#beginning.length);
    this.#receivedBytes += chunk.length;
    if (chunk.length > 0) this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    if (!this.#reading) this.#read();
    this.#isFull = this.#queuedBytes >= READ_AHEAD_BYTES;
    return !this.#isFull;
  }

  /** The client has closed its side. What is left is no command: nothing ended it. */
  end(): this {
    this.#ended = true;
    if (!this.#reading) this.#finish();
    return this;
  }

  /** Reads until nothing is left, or until something has to be waited for. */
  #read(): void {
    this.#reading = true;
    try {
      for (;;) {
        if (this.#rest.length === 0 && !this.#takeNext()) break;
        const waiting = this.isClosed ? this.#throwAway() : this.#readOn();
        if (waiting === undefined) continue;
        waiting.then(
          () => this.#read(),
          (error: unknown) => this.#break(error),
        );
        return;
      }
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#reading = false;
    if (this.#ended) this.#finish();
  }

  #takeNext(): boolean {
    const chunk = this.#queue.shift();
    if (chunk === undefined) return false;
    this.#queuedBytes -= chunk.length;
    this.#rest = chunk;
    if (this.#isFull && this.#queuedBytes < READ_AHEAD_BYTES) {
      this.#isFull = false;
      this.emit('drain');
    }
    return true;
  }

  #throwAway(): undefined {
    this.#skip(this.#rest.length);
  }

  /** So much of the chunk has been read. */
  #skip(bytes: number): void {
    this.#at += bytes;
    this.#rest = bytes === this.#rest.length ? EMPTY : this.#rest.subarray(bytes);
  }

  #finish(): void {
    this.#pending = EMPTY;
    if (!this.isClosed) this.#reader.onEnd();
    queueMicrotask(() => this.emit('finish'));
  }

  /** A bug of the reader: nothing more is read. */
  #break(error: unknown): void {
    this.isClosed = true;
    this.#reading = false;
    this.emit('error', error instanceof Error ? error : new Error(String(error)));
  }

  /** Reads a line, or what is there of a message. Returns what has to be waited for before more is read. */
  #readOn(): Promise<void> | undefined {
    if (this.#sink !== undefined) return this.#readData(this.#sink);
    if (this.#chunk !== undefined) return this.#readChunk(this.#chunk);
    const rest = this.#rest;
    if (this.#lineFrom === undefined && isForeignOctet(rest[0] ?? 0)) {
      const from = this.#at;
      this.#throwAway();
      return asPromise(this.#reader.onLine({ text: EMPTY, oddity: 'foreign', more: true, from }));
    }
    this.#lineFrom ??= this.#at;
    const end = rest.indexOf(LF);
    if (end === -1) {
      this.#throwAway();
      this.#keep(rest);
      return undefined;
    }
    const from = this.#lineFrom;
    const { text, oddity } = this.#takeLine(rest, end);
    this.#lineFrom = undefined;
    this.#skip(end + 1);
    const answered = this.#reader.onLine({ text, oddity, more: this.#rest.length > 0, from });
    return answered instanceof Promise ? answered.then(() => this.#giveTurn()) : this.#giveTurn();
  }

  /** Counted over chunks: a client may send its lines in many small ones. */
  #giveTurn(): Promise<void> | undefined {
    this.#linesOfTurn += 1;
    if (this.#linesOfTurn < LINES_PER_TURN) return undefined;
    this.#linesOfTurn = 0;
    return new Promise((resolve) => setImmediate(resolve));
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

  #readChunk(chunk: { leftBytes: number; readonly sink: DataSink }): Promise<void> | undefined {
    const read = this.#rest;
    const content = read.length <= chunk.leftBytes ? read : read.subarray(0, chunk.leftBytes);
    const from = this.#at;
    chunk.leftBytes -= content.length;
    this.#skip(content.length);
    const end = (): Promise<void> | undefined => {
      if (content === read) giveBack(read);
      // As with DATA: a message whose client is gone has no end.
      if (this.isClosed || chunk.leftBytes > 0) return undefined;
      this.#chunk = undefined;
      return asPromise(chunk.sink.end());
    };
    const written = chunk.sink.write(content, from);
    return written instanceof Promise ? written.then(end) : end();
  }

  #readData(sink: DataSink): Promise<void> | undefined {
    this.#unstuffer ??= createUnstuffer();
    const read = this.#rest;
    const { content, rest } = this.#unstuffer.push(read);
    const from = this.#at;
    this.#skip(read.length - (rest?.length ?? 0));
    const end = (): Promise<void> | undefined => {
      // Within a message, the sink has taken it all: nothing of the chunk is needed any more.
      if (rest === undefined) giveBack(read);
      // A message whose client is gone has no end, even when the final dot came with the same bytes.
      if (rest === undefined || this.isClosed) return undefined;
      this.#sink = undefined;
      this.#unstuffer = undefined;
      return asPromise(sink.end());
    };
    const written = content.length === 0 ? undefined : sink.write(content, from);
    return written instanceof Promise ? written.then(end) : end();
  }
}

/** The first octets of a line, as a copy that keeps nothing else alive. */
function beginningOf(...pieces: readonly Buffer[]): Buffer {
  return Buffer.from(Buffer.concat(pieces.map((piece) => piece.subarray(0, LINE_START_BYTES))).subarray(0, LINE_START_BYTES));
}

function asPromise(done: void | Promise<void>): Promise<void> | undefined {
  return done instanceof Promise ? done : undefined;
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

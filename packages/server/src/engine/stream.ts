import { EventEmitter } from 'node:events';
import { COMMAND_LINE_MAX } from '@vratny/smtp';
import { LINES_PER_TURN, READ_AHEAD_BYTES } from '../limits.ts';
import { HEADER_START_BYTES } from '../proxy/read-header.ts';
import { createUnstuffer, type Unstuffer } from './unstuff.ts';

/** A command line without its line end, and what was wrong with it. */
export interface Line {
  readonly text: Buffer;
  /**
   * `too-long`: `text` is the beginning, enough for the verb. `foreign`: the first octet begins no line of SMTP; the
   * line was not waited for, and `text` is empty.
   */
  readonly oddity: 'bare-lf' | 'too-long' | 'foreign' | undefined;
  /** Further bytes came in the same read: the client pipelines. */
  readonly more: boolean;
  /** Offset of its first octet in the input of this stream. */
  readonly from: number;
}

/** Receives the bytes of one message, or of one chunk of it. */
export interface DataSink {
  /**
   * `from` is the offset of the chunk in the input. The next call may come when this one has returned, or its promise
   * has resolved; never rejects.
   */
  write(chunk: Buffer, from: number): void | Promise<void>;
  /**
   * The final dot, or the whole chunk, was received. The reply has been written when this returns, or its promise
   * resolves; never rejects.
   */
  end(): void | Promise<void>;
}

/**
 * Receives what the stream reads. The next line is read when a call has returned, or its promise has resolved; they
 * never reject.
 */
export interface StreamReader {
  onLine(line: Line): void | Promise<void>;
  /** The client has closed its side, and all input was read. */
  onEnd(): void;
}

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = Buffer.alloc(0);

/** Octets kept of a line that is too long: enough for the verb. */
const LINE_START_BYTES = 16;

/**
 * Smaller chunks are left to the garbage collector. At 4 KiB the call costs a hundredth of hashing the chunk, and
 * slices of Node's pool are never that large.
 */
const RELEASE_FROM_BYTES = 4096;

/**
 * The parser of a connection: command lines, DATA while a sink is set, and chunks of BDAT. A socket is piped into it.
 * It replaces the library's parser, which ends lines at bare LF, uses a timer for each dot-stuffed line and cannot wait
 * for the spool. It is no `Writable`: input that is answered synchronously is read on in the same call, and a chunk is
 * queued only while an answer is waited for.
 */
export class MxStream extends EventEmitter implements NodeJS.WritableStream {
  /** Set when the connection ends or TLS starts: further input is ignored. */
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
  /** A string: a slice of Node's shared pool would keep its whole block in memory while the connection lasts. */
  #beginning = '';
  /** Offset of the line that is not complete. */
  #lineFrom: number | undefined;
  /** The unread rest of the current chunk, and its offset in the input. */
  #rest: Buffer = EMPTY;
  #at = 0;
  /** Chunks that were received while an answer was waited for. */
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #reading = false;
  #isFull = false;
  #ended = false;

  constructor(reader: StreamReader) {
    super();
    this.#reader = reader;
  }

  /** The next input is a message. */
  receive(sink: DataSink): void {
    this.#sink = sink;
  }

  /** The next `sizeBytes` octets, at least one, are a part of a message (RFC 3030 §2) without dot-stuffing. */
  receiveChunk(sizeBytes: number, sink: DataSink): void {
    this.#chunk = { leftBytes: sizeBytes, sink };
  }

  /**
   * Octets received so far, including unread ones in the read-ahead. Infinity while the read-ahead is full, since the
   * kernel may then hold more.
   */
  get receivedBytes(): number {
    return this.#isFull ? Number.POSITIVE_INFINITY : this.#receivedBytes;
  }

  /** The first octets received, as many as are needed to recognise a PROXY header. */
  get beginning(): Buffer {
    return Buffer.from(this.#beginning, 'latin1');
  }

  get writable(): boolean {
    return !this.isClosed && !this.#ended;
  }

  /** False when the read-ahead is full; `drain` is emitted when there is room again. */
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

  /** The client has closed its side. A line without an end is no command. */
  end(): this {
    this.#ended = true;
    if (!this.#reading) this.#finish();
    return this;
  }

  /** Reads until there is no more input, or an answer has to be waited for. */
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

  /** Marks so many octets of the chunk as read. */
  #skip(bytes: number): void {
    this.#at += bytes;
    this.#rest = bytes === this.#rest.length ? EMPTY : this.#rest.subarray(bytes);
  }

  #finish(): void {
    this.#pending = EMPTY;
    if (!this.isClosed) this.#reader.onEnd();
    queueMicrotask(() => this.emit('finish'));
  }

  /** A bug of the reader: reading stops. */
  #break(error: unknown): void {
    this.isClosed = true;
    this.#reading = false;
    this.emit('error', error instanceof Error ? error : new Error(String(error)));
  }

  /** Reads a line, or the available part of a message. Returns the promise that has to be waited for, if any. */
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

  /** Counted over chunks, because a client may send its lines in many small ones. */
  #giveTurn(): Promise<void> | undefined {
    this.#linesOfTurn += 1;
    if (this.#linesOfTurn < LINES_PER_TURN) return undefined;
    this.#linesOfTurn = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Bounded: of a line that is longer than a command may be only the beginning is kept. */
  #keep(rest: Buffer): void {
    const kept = this.#pending.length + rest.length;
    if (this.#overlong !== undefined || kept > COMMAND_LINE_MAX) {
      this.#overlong ??= beginningOf(this.#pending, rest);
      this.#pending = EMPTY;
      return;
    }
    // Not from Node's shared pool: the slice would keep its whole block in memory for minutes.
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
      if (content === read) releaseMemory(read);
      // As with DATA: a message is not complete when its client has gone.
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
      // The sink has copied what it needs of the chunk.
      if (rest === undefined) releaseMemory(read);
      // A message is not complete when its client has gone, even if the final dot came with the same bytes.
      if (rest === undefined || this.isClosed) return undefined;
      this.#sink = undefined;
      this.#unstuffer = undefined;
      return asPromise(sink.end());
    };
    const written = content.length === 0 ? undefined : sink.write(content, from);
    return written instanceof Promise ? written.then(end) : end();
  }
}

/** The first octets of a line as a copy. */
function beginningOf(...pieces: readonly Buffer[]): Buffer {
  return Buffer.from(Buffer.concat(pieces.map((piece) => piece.subarray(0, LINE_START_BYTES))).subarray(0, LINE_START_BYTES));
}

function asPromise(done: void | Promise<void>): Promise<void> | undefined {
  return done instanceof Promise ? done : undefined;
}

/** True for an octet that begins no line of SMTP: TLS, RDP, SMB, LDAP and random octets do. */
function isForeignOctet(octet: number): boolean {
  return octet >= 0x7f || (octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d);
}

/**
 * Frees the memory of a chunk at once: the garbage collector would let 64 MiB of chunks accumulate. Only for a chunk
 * that is its whole buffer. A socket, with or without TLS, makes a buffer for each read and keeps none; a slice shares
 * its buffer with other data.
 */
function releaseMemory(chunk: Buffer): void {
  const { buffer } = chunk;
  if (chunk.length < RELEASE_FROM_BYTES || chunk.length !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  buffer.transfer(0);
}

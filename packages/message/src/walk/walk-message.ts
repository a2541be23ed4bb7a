import { giveWay } from '@vratny/waiting';
import type { Content } from '../content.ts';
import { DELIMITER_LINE_MAX_BYTES, FIELD_TEXT_MAX_BYTES, READ_CHUNK_BYTES, WALK_TURN_BYTES } from '../limits.ts';
import { CR, DASH, LF, SPACE, TAB } from '../octets.ts';
import { readContent } from './body.ts';
import type { ByteSink } from './byte-sink.ts';
import { createDecoder } from './encodings/decoder.ts';
import { createEntityStack, type EntityStack, type StackDelimiter } from './entity-stack.ts';
import type { MessageTree } from './message-tree.ts';
import { createRecorder, type Recorder, WALK_LIMITS, type WalkLimits } from './recorder.ts';
import { createMeter, type Inside, type Walk } from './walk.ts';

/**
 * Walks a message once, from the front: every part at every depth, with every name that some reader may show for it. Time is linear in
 * the size, memory depends on the number of parts only; between chunks other work of the process gets its turn. Rejects only when the
 * spool cannot be read (`SpoolFault`), never for what the message says: that is in `oddities`.
 */
export async function walkMessage(content: Content, limits: WalkLimits = WALK_LIMITS): Promise<MessageTree> {
  const recorder = createRecorder(limits);
  const walker = createEntityWalker(createWalk(recorder, limits), undefined);
  // Nobody keeps what is pushed: `ByteSink` says so.
  const block = Buffer.allocUnsafeSlow(READ_CHUNK_BYTES);
  for await (const chunk of content.read(undefined, block)) {
    for (let at = 0; at < chunk.length; at += WALK_TURN_BYTES) {
      walker.push(chunk.subarray(at, at + WALK_TURN_BYTES));
      await giveWay();
    }
  }
  walker.end();
  return recorder.finish();
}

function createWalk(recorder: Recorder, limits: WalkLimits): Walk {
  let spent = 0;
  let fieldsSpent = 0;
  const walk: Walk = {
    recorder,
    limits,
    spend(decodedBytes) {
      spent += decodedBytes;
      return spent <= limits.maxDecodedBytes;
    },
    spendFields(octets) {
      fieldsSpent += octets;
      return fieldsSpent <= limits.maxFieldBytes;
    },
    readEntity: (inside) => createEntityWalker(walk, inside),
    decodeEntity: (inside, encoding) => createDecoder(encoding, createMeter(walk, inside.part, createEntityWalker(walk, inside))),
    readContent: (inside, encoding) => readContent(walk, inside, encoding),
  };
  return walk;
}

const NOTHING = Buffer.alloc(0);
/** The only places in a body where a delimiter line can begin. */
const LINE_WITH_DASHES = Buffer.from('\n--');

/** Where a walk is within its stream. */
interface Position {
  readonly stack: EntityStack;
  /** Octets in front of the buffer that is read. */
  offset: number;
  lineStart: boolean;
  /** In the rest of a line that is longer than is looked at. */
  skipping: boolean;
}

/** Octets that are read; `last`: no more come. */
interface Piece {
  readonly bytes: Buffer;
  readonly last: boolean;
}

/** A delimiter line, and where the next line begins. */
interface Found {
  readonly delimiter: StackDelimiter;
  readonly end: number;
  /** False when the line is longer than is looked at. */
  readonly whole: boolean;
}

/**
 * Walks one stream of octets that is a MIME entity: the message itself, or one that came out of a decoder. Cuts it into header lines,
 * lines that may be delimiters, and runs of body; what they mean is the stack's to say.
 */
function createEntityWalker(walk: Walk, inside: Inside | undefined): ByteSink {
  const position: Position = { stack: createEntityStack(walk, inside), offset: 0, lineStart: true, skipping: false };
  let pending: Buffer = NOTHING;
  return {
    push(bytes) {
      // A copy: the octets are not ours to keep.
      pending = Buffer.from(read(position, { bytes: pending.length === 0 ? bytes : Buffer.concat([pending, bytes]), last: false }));
    },
    end() {
      read(position, { bytes: pending, last: true });
      position.stack.finish(position.offset);
    },
  };
}

/** Returns what cannot be read before more octets come. */
function read(position: Position, piece: Piece): Buffer {
  const { stack } = position;
  const { bytes } = piece;
  let at = 0;
  while (at < bytes.length) {
    const { shadows } = stack;
    const next = stack.inHeader ? readHeaderLine(position, piece, at) : readBody(position, piece, at);
    if (next === at) break;
    for (const shadow of shadows) if (stack.shadows.includes(shadow)) shadow.push(bytes.subarray(at, next));
    at = next;
  }
  position.offset += at;
  return bytes.subarray(at);
}

/** This and `readBody` return where the next reading begins, or `at` itself when more octets are needed. */
function readHeaderLine(position: Position, piece: Piece, at: number): number {
  const { bytes, last } = piece;
  if (bytes[at] === DASH && position.lineStart && !position.skipping) {
    const found = look(position, piece, at);
    if (found === 'unknown') return at;
    if (found !== undefined) return takeDelimiter(position, found, at);
  }
  const lf = bytes.indexOf(LF, at);
  const end = lf === -1 ? bytes.length : lf + 1;
  const cut = lf === -1 && !last;
  if (cut && !position.skipping && bytes.length - at <= FIELD_TEXT_MAX_BYTES) return at;
  if (!position.skipping) position.stack.takeHeaderLine(bytes, at, end, position.offset, cut);
  position.skipping = cut;
  position.lineStart = !cut;
  return end;
}

function readBody(position: Position, piece: Piece, at: number): number {
  const { bytes } = piece;
  let line = position.lineStart ? at : nextLine(bytes, at);
  position.skipping = false;
  while (line < bytes.length) {
    const found = bytes[line] === DASH ? look(position, piece, line) : undefined;
    if (found === undefined) {
      line = nextLine(bytes, line);
      continue;
    }
    if (line > at) takeRun(position, bytes, at, line);
    return found === 'unknown' ? line : takeDelimiter(position, found, line);
  }
  takeRun(position, bytes, at, bytes.length);
  return bytes.length;
}

function takeRun(position: Position, bytes: Buffer, from: number, to: number): void {
  position.stack.takeBody(bytes.subarray(from, to));
  position.lineStart = bytes[to - 1] === LF;
}

function takeDelimiter(position: Position, { delimiter, end, whole }: Found, at: number): number {
  position.stack.takeDelimiter(delimiter, { start: position.offset + at, end: position.offset + end });
  position.lineStart = whole;
  position.skipping = !whole;
  return end;
}

/** What the line at `at`, which begins with a dash, is; `unknown` when more octets are needed to tell. */
function look({ stack }: Position, { bytes, last }: Piece, at: number): Found | 'unknown' | undefined {
  const second = bytes[at + 1];
  const third = bytes[at + 2];
  if (second !== undefined && second !== DASH) return undefined;
  if (second === undefined || third === undefined) return last ? undefined : 'unknown';
  if (!stack.mayBegin(third)) return undefined;
  const stop = Math.min(bytes.length, at + DELIMITER_LINE_MAX_BYTES);
  let end = at + 2;
  while (end < stop && bytes[end] !== LF) end += 1;
  const whole = end < stop;
  if (!whole && stop === bytes.length && stop < at + DELIMITER_LINE_MAX_BYTES && !last) return 'unknown';
  const delimiter = stack.findDelimiter(bytes.toString('latin1', at + 2, contentEnd(bytes, at + 2, end)));
  return delimiter === undefined ? undefined : { delimiter, end: whole ? end + 1 : end, whole };
}

/** Where the next line that may be a delimiter begins, at the earliest behind `from`. */
function nextLine(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(LINE_WITH_DASHES, from);
  if (found !== -1) return found + 1;
  // The dashes may come with the next octets.
  if (bytes.at(-1) === LF) return bytes.length;
  return bytes.at(-1) === DASH && bytes.at(-2) === LF && bytes.length - 1 > from ? bytes.length - 1 : bytes.length;
}

/** Without line end and trailing white space (RFC 2046 §5.1.1). */
function contentEnd(bytes: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from) {
    const octet = bytes[end - 1];
    if (octet !== LF && octet !== CR && octet !== SPACE && octet !== TAB) break;
    end -= 1;
  }
  return end;
}

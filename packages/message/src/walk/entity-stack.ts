import type { Range } from '../content.ts';
import { CR, LF, SPACE } from '../octets.ts';
import type { ByteSink } from './byte-sink.ts';
import { closeAbove, closeMultipart } from './close-frames.ts';
import { createFrame, earlyBoundaries, type Frame } from './frame.ts';
import { createLiveBoundaries } from './live-boundaries.ts';
import { beginEntity, endHeader, forgetLineEnd, type OpenFrames } from './open-frames.ts';
import type { Inside, Walk } from './walk.ts';

/** A line that was found to be a delimiter, not yet acted upon. */
export interface StackDelimiter {
  /** The header that is open names this boundary itself: for some readers it is over. */
  readonly endsHeader: boolean;
  /** Of a multipart that is over. */
  readonly past: boolean;
  readonly text: string;
}

/** The entities that are open at one place of a stream. */
export interface EntityStack {
  readonly inHeader: boolean;
  /** The entities whose whole body is wanted elsewhere too. */
  readonly shadows: readonly ByteSink[];
  /** Whether a delimiter may begin with this octet behind its dashes. */
  mayBegin(octet: number): boolean;
  /** `text`: a line behind its two dashes, without trailing white space. */
  findDelimiter(text: string): StackDelimiter | undefined;
  takeDelimiter(delimiter: StackDelimiter, line: Range): void;
  /** The header line `bytes[from, to)`, in a buffer that begins at `offset` of the stream. */
  takeHeaderLine(bytes: Buffer, from: number, to: number, offset: number, cut: boolean): void;
  takeBody(bytes: Buffer): void;
  finish(end: number): void;
}

/** Opens the outermost entity. */
export function createEntityStack(walk: Walk, inside: Inside | undefined): EntityStack {
  const open: OpenFrames = {
    walk,
    inside,
    frames: [],
    live: createLiveBoundaries(),
    lastLineEnd: 0,
    lastOctet: 0,
    shadows: [],
    quoted: [],
  };
  openOutermost(open);
  return {
    get inHeader() {
      return open.frames.at(-1)?.section !== undefined;
    },
    get shadows() {
      return open.shadows;
    },
    mayBegin: (octet) => open.live.mayBegin(octet) || earlyBoundaries(open.frames.at(-1)).some((one) => one.charCodeAt(0) === octet),
    findDelimiter: (text) => findDelimiter(open, text),
    takeDelimiter: (delimiter, line) => takeDelimiter(open, delimiter, line),
    takeHeaderLine(bytes, from, to, offset, cut) {
      const frame = open.frames.at(-1);
      if (frame?.section === undefined) return;
      const first = bytes[from];
      const empty = first === LF || (first === CR && bytes[from + 1] === LF);
      if (!empty) noteFollowed(open, frame);
      if (empty) endHeader(open, frame, offset + from, offset + to);
      else frame.section.addLine(bytes, from, to, cut);
    },
    takeBody: (bytes) => takeBody(open, bytes),
    finish: (end) => closeAbove(open, -1, { at: end, bodyEnd: end, ofAll: true }),
  };
}

function openOutermost(open: OpenFrames): void {
  const { inside } = open;
  if (inside?.shadow === undefined) {
    beginEntity(open, { parent: inside?.part, at: 0, defaultType: 'text/plain', quoted: inside?.quoted === true });
    return;
  }
  const frame = createFrame(inside.part, '', undefined);
  open.frames.push(frame);
  open.live.add(inside.shadow.boundaries, frame);
}

function findDelimiter(open: OpenFrames, text: string): StackDelimiter | undefined {
  const endsHeader = earlyBoundaries(open.frames.at(-1)).some((one) => text === one || text === `${one}--`);
  const past = open.live.isPast(text);
  return open.live.find(text) === undefined && !endsHeader && !past ? undefined : { endsHeader, past: past && !endsHeader, text };
}

function takeDelimiter(open: OpenFrames, { endsHeader, past, text }: StackDelimiter, line: Range): void {
  const { recorder } = open.walk;
  const frame = open.frames.at(-1);
  if (past) {
    beginPast(open, line);
    return;
  }
  if (endsHeader && frame !== undefined) {
    recorder.note('broken-header', frame.part);
    endHeader(open, frame, line.start, line.start);
  }
  // Ending the header may have made its boundaries live.
  const found = open.live.find(text);
  if (found === undefined) return;
  const { owner } = found;
  const at = open.frames.indexOf(owner);
  open.quoted = open.quoted.filter((frame) => open.frames.indexOf(frame) > at);
  const ofAll = found.closing && !found.suffixed;
  closeAbove(open, at, { at: line.start, bodyEnd: line.start - open.lastLineEnd, ofAll });
  forgetLineEnd(open);
  owner.delimiters += 1;
  if (!found.suffixed) owner.used.add(found.boundary);
  if (owner.used.size > 1) recorder.note('conflicting-boundary', owner.part);
  if (found.suffixed) recorder.note('boundary-with-suffix', owner.part);
  noteOwner(open, owner);
  // A suffixed line counts as an opening one: names behind it are seen in either case.
  if (found.closing && !found.suffixed) closeMultipart(open, owner, line.end);
  else {
    const defaultType = owner.part?.mediaType === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
    beginEntity(open, { parent: owner.part, at: line.end, defaultType });
  }
}

/** A delimiter of a multipart that is over, in the body of a part behind it: a reader that remembers all boundaries begins a part there. */
function beginPast(open: OpenFrames, line: Range): void {
  const around = open.frames.findLastIndex((frame) => frame.multipart);
  const { recorder } = open.walk;
  recorder.note('boundary-of-the-past', open.frames.at(-1)?.part);
  closeAbove(open, around, { at: line.start, bodyEnd: line.start - open.lastLineEnd });
  forgetLineEnd(open);
  beginEntity(open, { parent: open.frames.at(-1)?.part, at: line.end, defaultType: 'text/plain' });
}

/** What comes now belongs to the messages whose header was quoted, unless it is that header itself. */
function noteFollowed(open: OpenFrames, header: Frame | undefined): void {
  if (open.quoted.length > 0) open.quoted = open.quoted.filter((frame) => frame === header || !open.frames.includes(frame));
}

function noteOwner({ walk: { recorder }, inside, frames }: OpenFrames, owner: Frame): void {
  if (owner.closed) recorder.note('boundary-after-close', owner.part);
  if (inside?.shadow !== undefined && owner === frames[0]) inside.shadow.delimiters += 1;
  else if (!owner.multipart && !isShownText(owner)) recorder.note('unexpected-boundary', owner.part);
}

/** Text is all that a reader sees which does not know the boundary. */
function isShownText({ part }: Frame): boolean {
  return (
    part !== undefined && /^text\/(?:plain|html)$/u.test(part.mediaType) && part.transferEncoding === 'identity' && part.names.size === 0
  );
}

function takeBody(open: OpenFrames, bytes: Buffer): void {
  const frame = open.frames.at(-1);
  if (frame === undefined) return;
  if (open.quoted.length > 0 && bytes.some((octet) => octet > SPACE)) noteFollowed(open, undefined);
  frame.filled ||= frame.multipart && frame.delimiters === 0 && bytes.some((octet) => octet > SPACE);
  const beforeLast = bytes.length > 1 ? bytes.at(-2) : open.lastOctet;
  open.lastOctet = bytes.at(-1) ?? 0;
  open.lastLineEnd = open.lastOctet !== LF ? 0 : beforeLast === CR ? 2 : 1;
  frame.body.push(bytes);
}

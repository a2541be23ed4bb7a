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
  const open: OpenFrames = { walk, inside, frames: [], live: createLiveBoundaries(), lastLineEnd: 0, lastOctet: 0, shadows: [] };
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
      if (empty) endHeader(open, frame, offset + from, offset + to);
      else frame.section.addLine(bytes, from, to, cut);
    },
    takeBody: (bytes) => takeBody(open, bytes),
    finish: (end) => closeAbove(open, -1, { at: end, bodyEnd: end }),
  };
}

function openOutermost(open: OpenFrames): void {
  const { inside } = open;
  if (inside?.shadow === undefined) {
    beginEntity(open, inside?.part, 0, 'text/plain');
    return;
  }
  const frame = createFrame(inside.part, '', undefined);
  open.frames.push(frame);
  open.live.add(inside.shadow.boundaries, frame);
}

function findDelimiter(open: OpenFrames, text: string): StackDelimiter | undefined {
  const endsHeader = earlyBoundaries(open.frames.at(-1)).some((one) => text === one || text === `${one}--`);
  return open.live.find(text) === undefined && !endsHeader ? undefined : { endsHeader, text };
}

function takeDelimiter(open: OpenFrames, { endsHeader, text }: StackDelimiter, line: Range): void {
  const { recorder } = open.walk;
  const frame = open.frames.at(-1);
  if (endsHeader && frame !== undefined) {
    recorder.note('broken-header', frame.part);
    endHeader(open, frame, line.start, line.start);
  }
  // Ending the header may have made its boundaries live.
  const found = open.live.find(text);
  if (found === undefined) return;
  const { owner } = found;
  closeAbove(open, open.frames.indexOf(owner), { at: line.start, bodyEnd: line.start - open.lastLineEnd });
  forgetLineEnd(open);
  owner.delimiters += 1;
  if (found.suffixed) recorder.note('boundary-with-suffix', owner.part);
  noteOwner(open, owner);
  // A suffixed line counts as an opening one: names behind it are seen in either case.
  if (found.closing && !found.suffixed) closeMultipart(open, owner, line.end);
  else beginEntity(open, owner.part, line.end, owner.part?.mediaType === 'multipart/digest' ? 'message/rfc822' : 'text/plain');
}

function noteOwner({ walk: { recorder }, inside, frames }: OpenFrames, owner: Frame): void {
  if (owner.closed) recorder.note('boundary-after-close', owner.part);
  if (inside?.shadow !== undefined && owner === frames[0]) inside.shadow.delimiters += 1;
  else if (!owner.multipart) recorder.note('unexpected-boundary', owner.part);
}

function takeBody(open: OpenFrames, bytes: Buffer): void {
  const frame = open.frames.at(-1);
  if (frame === undefined) return;
  frame.filled ||= frame.multipart && frame.delimiters === 0 && bytes.some((octet) => octet > SPACE);
  const beforeLast = bytes.length > 1 ? bytes.at(-2) : open.lastOctet;
  open.lastOctet = bytes.at(-1) ?? 0;
  open.lastLineEnd = open.lastOctet !== LF ? 0 : beforeLast === CR ? 2 : 1;
  frame.body.push(bytes);
}

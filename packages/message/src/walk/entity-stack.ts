import type { Range } from '../content.ts';
import { CR, LF, SPACE } from '../octets.ts';
import { createMargin, openBody, openShadow, type ShadowReader } from './body.ts';
import { type ByteSink, NOWHERE } from './byte-sink.ts';
import { type Entity, readEntity } from './entity.ts';
import { findBoundaries } from './entity-boundaries.ts';
import { createHeaderSection, type HeaderSection } from './header-section.ts';
import { createLiveBoundaries, type LiveBoundaries } from './live-boundaries.ts';
import { readFields } from './read-fields.ts';
import type { PartRecord } from './recorder.ts';
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

/** The entities that are open at one place of a stream, outermost first, and what is needed to open and close them. */
interface OpenFrames {
  readonly walk: Walk;
  readonly inside: Inside | undefined;
  readonly frames: Frame[];
  readonly live: LiveBoundaries<Frame>;
  /** Octets of the line end that the body ends with so far: before a delimiter it belongs to that (RFC 2046 §5.1.1). */
  lastLineEnd: number;
  lastOctet: number;
  shadows: readonly ByteSink[];
  /** Entities that are only a header so far, which a message quotes: it counts as theirs when a body follows. */
  quoted: readonly Frame[];
}

/** What begins an entity. */
interface EntityStart {
  readonly parent: PartRecord | undefined;
  /** The octet that its header begins at. */
  readonly at: number;
  readonly defaultType: string;
  /** It is the header of a message that came back: fields of ours it has only when a body follows. */
  readonly quoted?: boolean;
}

/** Begins an entity: its header. */
function beginEntity(open: OpenFrames, { parent, at, defaultType, quoted = false }: EntityStart): void {
  const { walk, inside } = open;
  const part = walk.recorder.add({ form: 'entity', parent, prefix: inside?.chain ?? [], start: at });
  if (part !== undefined) part.header = { start: at, end: at };
  const frame = createFrame(part, defaultType, createHeaderSection({ decoded: inside !== undefined, spend: walk.spendFields }));
  open.frames.push(frame);
  if (quoted) open.quoted = [...open.quoted, frame];
}

/** The header of the frame, if it is still open, ends at `headerEnd`; the body begins at `at`. */
function endHeader(open: OpenFrames, frame: Frame, headerEnd: number, at: number): void {
  const { section, part } = frame;
  if (section === undefined) return;
  frame.section = undefined;
  forgetLineEnd(open);
  if (part === undefined) return;
  const entity = readEntity(section.fields(), frame.defaultType);
  describe(open, part, entity, section);
  noteMessage(open, frame, section);
  part.header = { start: part.header?.start ?? headerEnd, end: headerEnd };
  part.step.start = at;
  part.step.end = at;
  openBodyOf(open, frame, part, entity);
}

/** What comes now is not the body that ended with that line. */
function forgetLineEnd(open: OpenFrames): void {
  open.lastLineEnd = 0;
  open.lastOctet = 0;
}

/** The part around learns that it holds a message. */
function noteMessage({ frames, inside }: OpenFrames, frame: Frame, section: HeaderSection): void {
  const around = frames.indexOf(frame) > 0 ? frames[frames.indexOf(frame) - 1]?.part : inside?.part;
  if (around === undefined || around === frame.part || section.fieldCount() === 0) return;
  if (around.mediaType.startsWith('message/')) around.subject ??= section.subject();
}

function describe({ walk: { recorder } }: OpenFrames, part: PartRecord, entity: Entity, section: HeaderSection): void {
  part.mediaType = entity.mediaType;
  part.transferEncoding = entity.encoding;
  for (const encoding of entity.otherEncodings) part.otherEncodings.add(encoding);
  part.step.encoding = entity.mediaType.startsWith('multipart/') ? 'identity' : entity.encoding;
  part.disposition = entity.disposition;
  recorder.addNames(part, entity.names);
  for (const kind of [...section.oddities(), ...entity.oddities]) recorder.note(kind, part);
}

function openBodyOf(open: OpenFrames, frame: Frame, part: PartRecord, entity: Entity): void {
  const { walk, live } = open;
  frame.multipart = entity.mediaType.startsWith('multipart/');
  // Depth counts what is inside each other over all layers of encodings.
  if (part.depth >= walk.limits.maxDepth) {
    walk.recorder.note('too-deep', part);
    return;
  }
  frame.boundaries = entity.boundaries;
  if (!live.add(entity.boundaries, frame)) walk.recorder.note('duplicate-boundary', part);
  frame.shadow = openShadow(walk, part, entity);
  if (frame.shadow !== undefined) open.shadows = [...open.shadows, frame.shadow.sink];
  const body = openBody(walk, { part, chain: part.chain }, entity);
  if (body === 'message' || body === 'headers') {
    beginEntity(open, { parent: part, at: part.step.start, defaultType: 'text/plain', quoted: body === 'headers' });
  } else frame.body = body;
}

/** Where a closed entity ends. */
interface Ending {
  /** Where what ends it begins. */
  readonly at: number;
  /** Where its body ends: the last line end belongs to the delimiter. */
  readonly bodyEnd: number;
  /** Nothing of what is closed goes on: a closing delimiter, or the end of everything. */
  readonly ofAll?: boolean;
}

/** Ends everything above `index`, innermost first. */
function closeAbove(open: OpenFrames, index: number, { at, bodyEnd, ofAll = false }: Ending): void {
  if (ofAll) noteCut(open, index);
  while (open.frames.length - 1 > index) {
    const frame = open.frames.pop();
    if (frame === undefined) return;
    // A message that ends with its header begins the entity inside here, which is closed next.
    endHeader(open, frame, at, at);
    open.live.remove(frame.boundaries, frame);
    frame.body.end();
    frame.shadow?.sink.end();
    if (frame.shadow !== undefined) open.shadows = open.shadows.filter((sink) => sink !== frame.shadow?.sink);
    if (frame.part !== undefined) frame.part.step.end = Math.max(frame.part.step.start, bodyEnd);
    noteEnding(open, frame);
    if (open.quoted.includes(frame)) {
      open.quoted = open.quoted.filter((one) => one !== frame);
      if (frame.part !== undefined) open.walk.recorder.revoke(frame.part);
    }
  }
}

/**
 * The last part of a report may be an original that was cut short (RFC 6522 §3): then nothing in it is closed, and what it ends with is not
 * whole.
 */
function noteCut({ frames }: OpenFrames, index: number): void {
  const report = frames.findLastIndex(({ part }, at) => at >= Math.max(0, index) && part?.mediaType === 'multipart/report');
  const original = frames[report + 1];
  const last = frames.at(-1);
  if (report === -1 || original === undefined || last?.part === undefined || frames.slice(report + 1).some((frame) => frame.closed)) return;
  const mediaType = original.part?.mediaType ?? '';
  if (last !== original && (mediaType.startsWith('message/') || mediaType === 'text/rfc822-headers')) last.part.cut = true;
}

function noteEnding({ walk: { recorder } }: OpenFrames, frame: Frame): void {
  if (!frame.multipart || frame.boundaries.length === 0) return;
  const decoded = frame.shadow?.shadow.delimiters ?? 0;
  if (decoded > 0 && decoded !== frame.delimiters) recorder.note('encoded-multipart', frame.part);
  if (frame.delimiters === 0 && frame.filled) {
    recorder.note('boundary-never-seen', frame.part);
    if (frame.part !== undefined) frame.part.leaf = true;
  } else if (!frame.closed) recorder.note('unclosed-multipart', frame.part);
}

/** The closing delimiter of a multipart was read; its epilogue begins at `at`. Its boundary stays live: some readers go on. */
function closeMultipart({ walk, inside }: OpenFrames, frame: Frame, at: number): void {
  frame.closed = true;
  frame.body.end();
  const { part } = frame;
  const margin = part !== undefined && inside?.shadow === undefined;
  frame.body = margin ? createMargin(walk, { part, chain: part.chain }, at - part.step.start) : NOWHERE;
}

/** One entity that has begun and not ended. */
interface Frame {
  /** Undefined when the message has too many parts: its lines are still read, for the delimiters. */
  readonly part: PartRecord | undefined;
  readonly defaultType: string;
  section: HeaderSection | undefined;
  multipart: boolean;
  boundaries: readonly string[];
  /** Own boundaries as the header said so far, and for how many fields. */
  early: { readonly count: number; readonly boundaries: readonly string[] };
  body: ByteSink;
  /** Gets all octets of the body, nested parts included. */
  shadow: ShadowReader | undefined;
  delimiters: number;
  /** Own boundaries that appeared. */
  readonly used: Set<string>;
  closed: boolean;
  /** A body octet that is no white space, in front of the first delimiter. */
  filled: boolean;
}

/** An entity of which nothing was read yet. */
function createFrame(part: PartRecord | undefined, defaultType: string, section: HeaderSection | undefined): Frame {
  return {
    part,
    defaultType,
    section,
    multipart: false,
    boundaries: [],
    early: { count: 0, boundaries: [] },
    body: NOWHERE,
    shadow: undefined,
    delimiters: 0,
    used: new Set(),
    closed: false,
    filled: false,
  };
}

/** Boundaries that the open header has named already: for readers that end it at an odd line it is over. */
function earlyBoundaries(frame: Frame | undefined): readonly string[] {
  if (frame?.section === undefined) return [];
  const { count } = frame.section;
  if (frame.early.count !== count) {
    frame.early = { count, boundaries: findBoundaries(readFields(frame.section.fields()), 'text/plain', () => undefined) };
  }
  return frame.early.boundaries;
}

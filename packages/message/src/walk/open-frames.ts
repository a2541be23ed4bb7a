import { openBody, openShadow } from './body.ts';
import type { ByteSink } from './byte-sink.ts';
import { type Entity, readEntity } from './entity.ts';
import { createFrame, type Frame } from './frame.ts';
import { createHeaderSection, type HeaderSection } from './header-section.ts';
import type { LiveBoundaries } from './live-boundaries.ts';
import type { PartRecord } from './recorder.ts';
import type { Inside, Walk } from './walk.ts';

/** The entities that are open at one place of a stream, outermost first, and what is needed to open and close them. */
export interface OpenFrames {
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
export interface EntityStart {
  readonly parent: PartRecord | undefined;
  /** The octet that its header begins at. */
  readonly at: number;
  readonly defaultType: string;
  /** It is the header of a message that came back: fields of ours it has only when a body follows. */
  readonly quoted?: boolean;
}

/** Begins an entity: its header. */
export function beginEntity(open: OpenFrames, { parent, at, defaultType, quoted = false }: EntityStart): void {
  const { walk, inside } = open;
  const part = walk.recorder.add({ form: 'entity', parent, prefix: inside?.chain ?? [], start: at });
  if (part !== undefined) part.header = { start: at, end: at };
  const frame = createFrame(part, defaultType, createHeaderSection({ decoded: inside !== undefined, spend: walk.spendFields }));
  open.frames.push(frame);
  if (quoted) open.quoted = [...open.quoted, frame];
}

/** The header of the frame, if it is still open, ends at `headerEnd`; the body begins at `at`. */
export function endHeader(open: OpenFrames, frame: Frame, headerEnd: number, at: number): void {
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
export function forgetLineEnd(open: OpenFrames): void {
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

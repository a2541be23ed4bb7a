import { FIELD_TEXT_MAX_BYTES } from '../limits.ts';
import { CR, LF, SPACE, TAB } from '../octets.ts';
import { type ByteSink, createTee } from './byte-sink.ts';
import { createBase64Look } from './encodings/base64.ts';
import { createLineSink } from './encodings/line-sink.ts';
import { type Entity, readEntity } from './entity.ts';
import { addFile } from './formats/embedded-file.ts';
import { createTextFileFinder } from './formats/text-files.ts';
import { createHeaderSection } from './header-section.ts';
import { messageIn, readContent } from './read-content.ts';
import type { PartRecord } from './recorder.ts';
import type { Inside, Shadow, Walk } from './walk.ts';

/**
 * Who reads the body of an entity: `message` when its octets, as they stand, are a message with a header of its own; `headers` when they are
 * the header of a message that came back, and perhaps all of it.
 */
export function openBody(walk: Walk, inside: Inside, entity: Entity): ByteSink | 'message' | 'headers' {
  const { mediaType, encoding, names } = entity;
  if (mediaType.startsWith('multipart/')) return createMargin(walk, inside, 0);
  if (mediaType === 'message/partial') walk.recorder.note('partial-message', inside.part);
  if (mediaType === 'message/external-body') walk.recorder.note('external-body', inside.part);
  if (mediaType === 'multipart/encrypted' || mediaType === 'application/pgp-encrypted') walk.recorder.note('encrypted', inside.part);
  const message = encoding === 'identity' ? messageIn(mediaType, names) : undefined;
  if (message !== undefined) return message;
  if (encoding === 'uuencode' || encoding === 'yenc' || encoding === 'binhex') return createArmourReader(walk, inside.part);
  const content = readContent(walk, inside, encoding);
  if (isWithoutHeader(inside.part)) return createTee(content, createLateHeaderFinder(walk, inside));
  if (encoding === 'base64') return createTee(content, createLook(walk, inside.part));
  return entity.otherEncodings.length > 0 ? createTee(content, createDoubt(walk, inside.part)) : content;
}

function isWithoutHeader({ header }: PartRecord): boolean {
  return header !== undefined && header.start === header.end;
}

/** Transfer encodings that are files with a name of their own: looked for in the body as it stands. */
function createArmourReader(walk: Walk, part: PartRecord): ByteSink {
  const chain = [...part.chain.slice(0, -1), { start: part.step.start, end: Number.MAX_SAFE_INTEGER, encoding: 'identity' as const }];
  const finder = createTextFileFinder(walk, { part, chain }, 0);
  return {
    push: (bytes) => finder.push(bytes),
    end() {
      finder.end();
      if (part.children === 0) walk.recorder.note('undecodable', part);
    },
  };
}

/** Base64 that readers decode differently: as what it is then, the part is read in each way. */
function createLook(walk: Walk, part: PartRecord): ByteSink {
  const look = createBase64Look();
  const doubt = createDoubt(walk, part);
  return {
    push: (bytes) => look.push(bytes),
    end() {
      if (look.junk) part.otherEncodings.add('base64-padded').add('base64-strict').add('base64-lines');
      if (look.concatenated) part.otherEncodings.add('base64-padded');
      if (look.urlDigits) part.otherEncodings.add('base64-url');
      if (part.opened && look.junk) walk.recorder.note('base64-junk', part);
      if (part.opened && look.concatenated) walk.recorder.note('base64-concatenated', part);
      doubt.end();
    },
  };
}

/** A structure that was read in one encoding only. */
function createDoubt(walk: Walk, part: PartRecord): ByteSink {
  return {
    push: () => undefined,
    end() {
      if (part.opened && [...part.otherEncodings].some((one) => !one.startsWith('base64-')))
        walk.recorder.note('conflicting-encoding', part);
    },
  };
}

/** Such a shadow, and who reads it. */
export interface ShadowReader {
  readonly shadow: Shadow;
  readonly sink: ByteSink;
}

/** The body of a multipart that has a transfer encoding, as a reader sees it that decodes first (RFC 2045 §6.4 forbids the encoding). */
export function openShadow(walk: Walk, part: PartRecord, entity: Entity): ShadowReader | undefined {
  const { encoding, boundaries } = entity;
  if (!entity.mediaType.startsWith('multipart/') || (encoding !== 'base64' && encoding !== 'quoted-printable')) return undefined;
  const chain = [...part.chain.slice(0, -1), { start: part.step.start, end: Number.MAX_SAFE_INTEGER, encoding }];
  if (chain.filter((step) => step.encoding !== 'identity').length > walk.limits.maxDecodings) return undefined;
  const shadow = { boundaries, delimiters: 0 };
  return { shadow, sink: walk.decodeEntity({ part, chain, shadow }, encoding) };
}

// RFC 5322 §2.2.
const FIELD = /^[!-9;-~]{1,80}[ \t]*:/u;

/**
 * Reads the body of an entity that has no header: some readers pass over blank lines until the first field. Only where the first line that
 * is not blank is a field; then `Content-*` lines below count like those outside of parts.
 */
function createLateHeaderFinder(walk: Walk, inside: Inside): ByteSink {
  const finder = createStrayHeaderFinder(walk, inside);
  let begun: Buffer = Buffer.alloc(0);
  let state: 'blank' | 'header' | 'text' = 'blank';
  function decide(): void {
    const end = begun.indexOf(LF);
    if (end === -1 && begun.length < FIELD_TEXT_MAX_BYTES) return;
    state = FIELD.test(begun.toString('latin1', 0, end === -1 ? begun.length : end)) ? 'header' : 'text';
    if (state === 'header') finder.push(begun);
    begun = Buffer.alloc(0);
  }
  return {
    push(bytes) {
      if (state === 'header') return finder.push(bytes);
      if (state === 'text') return;
      const from = begun.length > 0 ? 0 : bytes.findIndex((octet) => octet !== CR && octet !== LF && octet !== SPACE && octet !== TAB);
      if (from === -1) return;
      begun = Buffer.concat([begun, bytes.subarray(from)]);
      decide();
    },
    end() {
      if (state === 'header') finder.end();
    },
  };
}

/**
 * Reads what stands before the first part of a multipart and behind the last. A reader that guesses boundaries, or finds none, may show
 * files in it, or take `Content-*` lines for the header of a part: names there count, and are odd. `offset`: where it begins in the body.
 */
export function createMargin(walk: Walk, inside: Inside, offset: number): ByteSink {
  const finder = createTextFileFinder(walk, inside, offset);
  return createTee(finder, createStrayHeaderFinder(walk, inside));
}

/** Finds the names of `Content-*` lines outside of headers. */
function createStrayHeaderFinder(walk: Walk, inside: Inside): ByteSink {
  const section = createHeaderSection({ decoded: false, spend: walk.spendFields });
  function finish(): void {
    const fields = section.count === 0 ? [] : section.fields();
    if (section.oddities().includes('limit')) walk.recorder.note('limit', inside.part);
    if (fields.length === 0) return;
    const entity = readEntity(fields, 'text/plain');
    const plain = entity.mediaType === 'text/plain' || entity.mediaType === 'text/html';
    if (plain && entity.names.length === 0 && entity.encoding !== 'base64') return;
    walk.recorder.note('stray-header', inside.part);
    const part = addFile(walk, inside, { form: 'stray', start: 0, end: 0, names: entity.names });
    if (part !== undefined) part.mediaType = entity.mediaType;
  }
  const takeLine = (line: Buffer, cut: boolean): void => {
    if (line.length > 0) section.addLine(line, 0, line.length, cut);
  };
  return createLineSink(FIELD_TEXT_MAX_BYTES, takeLine, finish);
}

import { type ByteSink, createTee } from './byte-sink.ts';
import { createBase64Look } from './encodings/base64.ts';
import type { Entity } from './entity.ts';
import { createTextFileFinder } from './formats/text-files.ts';
import { createLateHeaderFinder } from './late-header.ts';
import { createMargin } from './margin.ts';
import { MESSAGE_NAME, readContent } from './read-content.ts';
import type { PartRecord } from './recorder.ts';
import type { Inside, Shadow, Walk } from './walk.ts';

/** The header of a message that came back (RFC 6522 §3); some readers open a whole message under this type too. */
const HEADERS_TYPE = 'text/rfc822-headers';

/** Who reads the body of an entity: `message` when its octets, as they stand, are a message with a header of its own. */
export function openBody(walk: Walk, inside: Inside, entity: Entity): ByteSink | 'message' {
  const { mediaType, encoding, names } = entity;
  if (mediaType.startsWith('multipart/')) return createMargin(walk, inside, 0);
  if (mediaType === 'message/partial') walk.recorder.note('partial-message', inside.part);
  if (mediaType === 'message/external-body') walk.recorder.note('external-body', inside.part);
  if (mediaType === 'multipart/encrypted' || mediaType === 'application/pgp-encrypted') walk.recorder.note('encrypted', inside.part);
  const isMessage = mediaType.startsWith('message/') || mediaType === HEADERS_TYPE || names.some((name) => MESSAGE_NAME.test(name));
  if (isMessage && encoding === 'identity') return 'message';
  if (encoding === 'uuencode' || encoding === 'yenc' || encoding === 'binhex') return createArmourReader(walk, inside.part);
  const content = readContent(walk, inside, encoding);
  if (isWithoutHeader(inside.part)) return createTee(content, createLateHeaderFinder(walk, inside));
  return encoding === 'base64' && !mediaType.startsWith('text/') ? createTee(content, createLook(walk, inside.part)) : content;
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

function createLook(walk: Walk, part: PartRecord): ByteSink {
  const look = createBase64Look();
  return {
    push: (bytes) => look.push(bytes),
    end() {
      if (look.junk) walk.recorder.note('base64-junk', part);
      if (look.concatenated) walk.recorder.note('base64-concatenated', part);
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

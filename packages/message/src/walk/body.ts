import { FIELD_TEXT_MAX_BYTES, MAGIC_BYTES } from '../limits.ts';
import { CR, LF, SPACE, TAB } from '../octets.ts';
import { type ByteSink, NOWHERE } from './byte-sink.ts';
import { createBase64Look } from './encodings/base64.ts';
import { createDecoder } from './encodings/decoder.ts';
import { createLineSink } from './encodings/line-sink.ts';
import { type Entity, readEntity } from './entity.ts';
import { createAppleReader, looksApple } from './formats/apple.ts';
import { createBinhexReader } from './formats/binhex.ts';
import { CALENDAR, createCalendarReader } from './formats/calendar.ts';
import { addFile } from './formats/embedded-file.ts';
import { createCmsReader } from './formats/smime.ts';
import { createTextFileFinder } from './formats/text-files.ts';
import { createTnefReader, looksTnef } from './formats/tnef.ts';
import { createHeaderSection } from './header-section.ts';
import type { PartEncoding } from './message-tree.ts';
import type { PartRecord } from './recorder.ts';
import { createMeter, type Inside, type Shadow, type Walk } from './walk.ts';

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

/**
 * Reads the encoded body of a part: decodes it and looks into what comes out, as far as it is a format that readers of mail open. Most
 * bodies are none: then nothing is decoded beyond the first octets.
 */
export function readContent(walk: Walk, inside: Inside, encoding: PartEncoding): ByteSink {
  const decodings = inside.chain.filter((step) => step.encoding !== 'identity').length;
  if (decodings > walk.limits.maxDecodings) {
    walk.recorder.note('too-deep', inside.part);
    return NOWHERE;
  }
  let wanted = true;
  const reader = createContentReader(walk, inside, encoding === 'binhex', () => {
    wanted = false;
  });
  const decoder = createDecoder(encoding, encoding === 'identity' ? reader : createMeter(walk, inside.part, reader));
  return {
    push(bytes) {
      if (wanted) decoder.push(bytes);
    },
    // A decoder gives its last octets here, so it must hear of the end.
    end: () => decoder.end(),
  };
}

/** Looks at the first octets, then decides who reads. `giveUp` is called when nobody wants more. */
function createContentReader(walk: Walk, inside: Inside, binhex: boolean, giveUp: () => void): ByteSink {
  let head: Buffer = Buffer.alloc(0);
  let reader: ByteSink | undefined;
  function choose(): ByteSink {
    const chosen = binhex ? createBinhexReader(walk, inside) : readerFor(walk, inside, head);
    noteBinary(inside.part, head);
    if (chosen === NOWHERE) giveUp();
    chosen.push(head);
    return chosen;
  }
  return {
    push(bytes) {
      if (reader !== undefined) {
        if (!inside.part.binary && bytes.includes(0)) inside.part.binary = true;
        return reader.push(bytes);
      }
      head = head.length === 0 ? Buffer.from(bytes) : Buffer.concat([head, bytes]);
      if (head.length < MAGIC_BYTES) return;
      reader = choose();
      head = Buffer.alloc(0);
    },
    end() {
      reader ??= choose();
      reader.end();
    },
  };
}

// What no text has: control characters, but for those of a line, a page and an escape.
const CONTROL = /[\0-\x08\x0e-\x1a\x1c-\x1f]/u;

function noteBinary(part: PartRecord, head: Buffer): void {
  // Of the same octets, however the stream is split.
  if (head.includes(0) || CONTROL.test(head.toString('latin1', 0, MAGIC_BYTES))) part.binary = true;
}

/** The header of a message that came back (RFC 6522 §3, RFC 6533 §6); some readers open a whole message under these types too. */
const HEADERS_TYPE = /^(?:text|message)\/(?:x-)?(?:rfc-?822|global)-?headers?$/u;
/** Names by which readers open an attachment as a message. */
const MESSAGE_NAME = /\.(?:eml|mht|mhtml|mim|mime|nws|email)[. ]*$/iu;

/** Whether readers open a part as a message, or as the header of one that came back. */
function messageIn(mediaType: string, names: Iterable<string>): 'headers' | 'message' | undefined {
  if (HEADERS_TYPE.test(mediaType)) return 'headers';
  return mediaType.startsWith('message/') || [...names].some((name) => MESSAGE_NAME.test(name)) ? 'message' : undefined;
}

const CMS_TYPE = /^application\/(?:x-)?pkcs7-(?:mime|signature)$/u;
const CMS_NAME = /\.p7[mszc][. ]*$/iu;
const TNEF_TYPE = /^application\/(?:vnd\.)?ms-tnef$/u;
const TEXT_TYPE = /^text\/|^application\/(?:x-)?(?:uuencode|uue|mac-binhex40|yenc)|^multipart\//u;
/** Names that unpackers open as text with files in it. */
const TEXT_FILE_NAME = /\.(?:uu|uue|xx|xxe|b64|hqx|bhx|ync|yenc)[. ]*$/iu;

function readerFor(walk: Walk, inside: Inside, head: Buffer): ByteSink {
  const { part } = inside;
  const { mediaType, names, form } = part;
  part.opened = true;
  if (looksTnef(head)) return createTnefReader(walk, inside);
  if (looksApple(head, mediaType)) return createAppleReader(walk, inside);
  const message = messageIn(mediaType, names);
  if (message !== undefined) return walk.readEntity(message === 'headers' ? { ...inside, quoted: true } : inside);
  const signed =
    CMS_TYPE.test(mediaType) || [...names].some((name) => CMS_NAME.test(name)) ? createSignedReader(walk, inside, head) : undefined;
  if (signed !== undefined) return signed;
  part.opened = false;
  if (CALENDAR.type.test(mediaType) || [...names].some((name) => CALENDAR.name.test(name))) {
    return createTee(createTextFileFinder(walk, inside, 0), createCalendarReader(walk, inside));
  }
  const text = head.toString('latin1', 0, 8);
  if (
    TEXT_TYPE.test(mediaType) ||
    [...names].some((name) => TEXT_FILE_NAME.test(name)) ||
    form !== 'entity' ||
    text.startsWith('begin') ||
    text.startsWith('=ybegin') ||
    text.startsWith('(This')
  ) {
    return createTextFileFinder(walk, inside, 0);
  }
  // CMS, TNEF by name or type without their first octets: somebody else may still open it.
  const blank = head.every((octet) => octet <= SPACE);
  if (!blank && (CMS_TYPE.test(mediaType) || TNEF_TYPE.test(mediaType))) walk.recorder.note('undecodable', part);
  return NOWHERE;
}

/** PEM (RFC 7468), or Base64 alone. */
const ARMOURED = /^(?:-----BEGIN [A-Z0-9 ]+-----\r?\n)?M[A-P][A-Za-z0-9+/]{4}/u;

/** CMS as it stands, or in Base64 once more, as programs write it into files. */
function createSignedReader(walk: Walk, inside: Inside, head: Buffer): ByteSink | undefined {
  if (head[0] === 0x30) return createCmsReader(walk, inside);
  const armour = ARMOURED.exec(head.toString('latin1'))?.[0];
  if (armour === undefined) return undefined;
  const start = armour.lastIndexOf('\n') + 1;
  const chain: Inside['chain'] = [...inside.chain, { start, end: Number.MAX_SAFE_INTEGER, encoding: 'base64' }];
  const decoder = createDecoder('base64', createMeter(walk, inside.part, createCmsReader(walk, { part: inside.part, chain })));
  let skipped = 0;
  return {
    push(bytes) {
      const from = Math.min(bytes.length, start - skipped);
      skipped += from;
      decoder.push(bytes.subarray(from));
    },
    end: () => decoder.end(),
  };
}

/** Both sinks get everything, `first` first. */
function createTee(first: ByteSink, second: ByteSink): ByteSink {
  return {
    push(bytes) {
      first.push(bytes);
      second.push(bytes);
    },
    end() {
      first.end();
      second.end();
    },
  };
}

import { MAGIC_BYTES } from '../limits.ts';
import { SPACE } from '../octets.ts';
import { type ByteSink, createTee, NOWHERE } from './byte-sink.ts';
import { createDecoder } from './encodings/decoder.ts';
import { createAppleReader, looksApple } from './formats/apple.ts';
import { createBinhexReader } from './formats/binhex.ts';
import { CALENDAR, createCalendarReader } from './formats/calendar.ts';
import { createCmsReader } from './formats/smime.ts';
import { createTextFileFinder } from './formats/text-files.ts';
import { createTnefReader, looksTnef } from './formats/tnef.ts';
import type { PartEncoding } from './message-tree.ts';
import type { PartRecord } from './recorder.ts';
import { createMeter, type Inside, type Walk } from './walk.ts';

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
export function messageIn(mediaType: string, names: Iterable<string>): 'headers' | 'message' | undefined {
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

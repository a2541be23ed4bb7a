import { MAGIC_BYTES } from '../limits.ts';
import { type ByteSink, createTee, NOWHERE } from './byte-sink.ts';
import { createDecoder } from './encodings/decoder.ts';
import { createAppleReader, looksApple } from './formats/apple.ts';
import { createBinhexReader } from './formats/binhex.ts';
import { CALENDAR, createCalendarReader } from './formats/calendar.ts';
import { createCmsReader } from './formats/smime.ts';
import { createTextFileFinder } from './formats/text-files.ts';
import { createTnefReader, looksTnef } from './formats/tnef.ts';
import type { PartEncoding } from './message-tree.ts';
import { createMeter, type Inside, type Walk } from './walk.ts';

/**
 * Reads the encoded body of a part: decodes it and looks into what comes out, as far as it is a format that readers of mail open. Most
 * bodies are none: then nothing is decoded beyond the first octets.
 */
export function readContent(walk: Walk, inside: Inside, encoding: PartEncoding): ByteSink {
  const decodings = inside.chain.filter((step) => step.encoding !== 'identity').length;
  if (decodings > walk.limits.maxDecodings) {
    walk.recorder.note('limit', inside.part);
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
    if (chosen === NOWHERE) giveUp();
    chosen.push(head);
    return chosen;
  }
  return {
    push(bytes) {
      if (reader !== undefined) return reader.push(bytes);
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

/** Names by which readers open an attachment as a message. */
export const MESSAGE_NAME = /\.(?:eml|mht|mhtml|mim|mime|nws|email)[. ]*$/iu;
const CMS_TYPE = /^application\/(?:x-)?pkcs7-(?:mime|signature)$/u;
const CMS_NAME = /\.p7[mszc][. ]*$/iu;
const TEXT_TYPE = /^text\/|^application\/(?:x-)?(?:uuencode|uue|mac-binhex40|yenc)|^multipart\//u;
/** Names that unpackers open as text with files in it. */
const TEXT_FILE_NAME = /\.(?:uu|uue|xx|xxe|b64|hqx|bhx|ync|yenc)[. ]*$/iu;

function readerFor(walk: Walk, inside: Inside, head: Buffer): ByteSink {
  const { mediaType, names, form } = inside.part;
  if (looksTnef(head)) return createTnefReader(walk, inside);
  if (looksApple(head, mediaType)) return createAppleReader(walk, inside);
  if (mediaType.startsWith('message/') || [...names].some((name) => MESSAGE_NAME.test(name))) return walk.readEntity(inside);
  if (CALENDAR.type.test(mediaType) || [...names].some((name) => CALENDAR.name.test(name))) {
    return createTee(createTextFileFinder(walk, inside, 0), createCalendarReader(walk, inside));
  }
  if (head[0] === 0x30 && (CMS_TYPE.test(mediaType) || [...names].some((name) => CMS_NAME.test(name))))
    return createCmsReader(walk, inside);
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
  if (CMS_TYPE.test(mediaType) || /^application\/(?:vnd\.)?ms-tnef$/u.test(mediaType)) walk.recorder.note('undecodable', inside.part);
  return NOWHERE;
}

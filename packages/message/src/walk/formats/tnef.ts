import { FORMAT_DEPTH_MAX, RECORDS_MAX } from '../../limits.ts';
import { type ByteScript, type Cursor, createScriptSink, pass, take } from '../byte-script.ts';
import type { ByteSink } from '../byte-sink.ts';
import { decodeOctets } from '../names/octets-to-text.ts';
import type { PartRecord } from '../recorder.ts';
import type { Inside, Walk } from '../walk.ts';
import { addFile } from './embedded-file.ts';
import { readProperties, type TnefPlace } from './tnef-properties.ts';

// [MS-OXTNEF] §2.1.3: signature and the attributes that matter here.
const SIGNATURE = 0x223e9f78;
const ATTACH_RENDER_DATA = 0x00069002;
const ATTACH_DATA = 0x0006800f;
const ATTACH_TITLE = 0x00018010;
const ATTACH_TRANSPORT_NAME = 0x00069001;
const ATTACHMENT_PROPERTIES = 0x00069005;
const NAME_MAX = 8 * 1024;
const CHECKSUM_BYTES = 2;

/** True when these octets begin a TNEF stream, whatever its name and type are. */
export function looksTnef(head: Buffer): boolean {
  return head.length >= 4 && head.readUInt32LE(0) === SIGNATURE;
}

/** Reads TNEF (`winmail.dat`): each attachment becomes a part with all its names; messages inside are read as well. */
export function createTnefReader(walk: Walk, inside: Inside): ByteSink {
  return createScriptSink(
    (cursor) => readStream(walk, inside, cursor, 0, undefined),
    (understood) => {
      if (!understood) walk.recorder.note('undecodable', inside.part);
    },
  );
}

/** The attachment that attributes speak of: names and content come in any order. */
interface Attachment {
  readonly names: string[];
  part: PartRecord | undefined;
}

/** Reads attributes up to `end` (undefined: the end of the stream); false when they are damaged. */
export function* readStream(walk: Walk, inside: Inside, cursor: Cursor, depth: number, end: number | undefined): ByteScript<boolean> {
  const head = yield* take(6);
  if (head === undefined || !looksTnef(head) || depth > FORMAT_DEPTH_MAX) return false;
  let attachment: Attachment = { names: [], part: undefined };
  for (let count = 0; count < RECORDS_MAX; count += 1) {
    if (end !== undefined && cursor.position >= end) return true;
    // A level octet, or the end of the stream.
    const level = yield* take(1);
    if (level === undefined) return true;
    const record = yield* take(8);
    if (record === undefined) return isPadding(level);
    const length = record.readUInt32LE(4);
    const stop = cursor.position + length;
    if (end !== undefined && stop > end) return false;
    const id = record.readUInt32LE(0);
    if (id === ATTACH_RENDER_DATA) attachment = { names: [], part: undefined };
    if (!(yield* readAttribute({ walk, inside, cursor, depth }, id, length, attachment))) return false;
    yield* pass(stop - cursor.position + CHECKSUM_BYTES);
    if (cursor.ended) return false;
  }
  return false;
}

function isPadding(octets: Buffer): boolean {
  return octets.every((octet) => octet === 0 || octet === 0x0a || octet === 0x0d);
}

function* readAttribute(place: TnefPlace, id: number, length: number, attachment: Attachment): ByteScript<boolean> {
  if (id === ATTACH_DATA) yield* readData(place, length, attachment);
  if (id === ATTACHMENT_PROPERTIES) {
    return yield* readProperties(place, place.cursor.position + length, {
      addName: (name) => addName(place, attachment, name),
      readObject: (size) => readData(place, size, attachment),
      readMessage: (stop) => readStream(place.walk, place.inside, place.cursor, place.depth + 1, stop),
    });
  }
  if (id !== ATTACH_TITLE && id !== ATTACH_TRANSPORT_NAME) return true;
  const octets = length > NAME_MAX ? undefined : yield* take(length);
  if (octets === undefined) return false;
  addName(place, attachment, decodeOctets(octets).replace(/\0+$/u, ''));
  return true;
}

function addName({ walk, inside }: TnefPlace, attachment: Attachment, name: string): void {
  if (name === '') return;
  attachment.names.push(name);
  walk.recorder.addNames(attachment.part ?? inside.part, [name]);
}

function* readData(place: TnefPlace, length: number, attachment: Attachment): ByteScript<void> {
  const { walk, inside, cursor } = place;
  const file = addFile(walk, inside, { form: 'tnef', start: cursor.position, end: cursor.position + length, names: attachment.names });
  if (file === undefined) return;
  attachment.part = file;
  const content = walk.readContent({ part: file, chain: file.chain }, 'identity');
  yield* pass(length, content);
  content.end();
}

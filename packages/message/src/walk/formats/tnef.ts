import { FORMAT_DEPTH_MAX, RECORDS_MAX, TAKE_MAX_BYTES } from '../../limits.ts';
import { type ByteScript, type Cursor, createScriptSink, pass, take } from '../byte-script.ts';
import type { ByteSink } from '../byte-sink.ts';
import { decodeOctets } from '../names/octets-to-text.ts';
import type { PartRecord } from '../recorder.ts';
import type { Inside, Walk } from '../walk.ts';
import { addFile } from './embedded-file.ts';

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
function* readStream(walk: Walk, inside: Inside, cursor: Cursor, depth: number, end: number | undefined): ByteScript<boolean> {
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

/** What an attribute is read with. */
interface TnefPlace {
  readonly walk: Walk;
  readonly inside: Inside;
  readonly cursor: Cursor;
  readonly depth: number;
}

/** What the properties of an attachment are read for. */
interface PropertyReader {
  addName(name: string): void;
  /** The content of the attachment: these many octets from here. */
  readObject(length: number): ByteScript<void>;
  /** A message as attachment: a TNEF stream up to this position. */
  readMessage(end: number): ByteScript<boolean>;
}

// [MS-OXCDATA] §2.11.1: octets of fixed-size values, padded to four.
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [0x0001, 0],
  [0x0002, 4],
  [0x0003, 4],
  [0x0004, 4],
  [0x0005, 8],
  [0x0006, 8],
  [0x0007, 8],
  [0x000a, 4],
  [0x000b, 4],
  [0x0014, 8],
  [0x0040, 8],
  [0x0048, 16],
]);
const STRING_8 = 0x001e;
const UNICODE = 0x001f;
const BINARY = 0x0102;
const OBJECT = 0x000d;
const MULTIPLE = 0x1000;

// [MS-OXPROPS]: display name, attachment data, extension, short and long file name, path names, transport name.
const DATA = 0x3701;
const EXTENSION = 0x3703;
const NAMES: ReadonlySet<number> = new Set([0x3001, EXTENSION, 0x3704, 0x3707, 0x3708, 0x370c, 0x370d]);
/** Values of this size are names; longer ones are passed over. */
const PROPERTY_NAME_MAX = 8 * 1024;
/** An object's value begins with the identifier of its interface. */
const INTERFACE_BYTES = 16;
/** IID_IMessage. */
const MESSAGE_INTERFACE = '0703020000000000c000000000000046';

/** Reads a list of properties ([MS-OXTNEF] §2.1.3.4) up to `end`; false when it is damaged. */
function* readProperties(place: TnefPlace, end: number, reader: PropertyReader): ByteScript<boolean> {
  const { cursor } = place;
  const count = (yield* take(4))?.readUInt32LE(0);
  if (count === undefined || count > RECORDS_MAX) return false;
  for (let i = 0; i < count; i += 1) {
    const head = yield* take(4);
    if (head === undefined) return false;
    const type = head.readUInt16LE(0);
    const id = head.readUInt16LE(2);
    if (id >= 0x8000 && !(yield* skipPropertyName())) return false;
    if (!(yield* readValues({ type, id }, end, place, reader))) return false;
    if (cursor.position > end || cursor.ended) return false;
  }
  return true;
}

/** Named properties: a GUID, then a number or a name. */
function* skipPropertyName(): ByteScript<boolean> {
  const kind = (yield* take(20))?.readUInt32LE(16);
  const value = (yield* take(4))?.readUInt32LE(0);
  if (kind === undefined || value === undefined) return false;
  if (kind === 0) return true;
  if (value > TAKE_MAX_BYTES) return false;
  yield* pass(padded(value));
  return true;
}

interface Property {
  readonly type: number;
  readonly id: number;
}

function* readValues({ type, id }: Property, end: number, place: TnefPlace, reader: PropertyReader): ByteScript<boolean> {
  const single = type & ~MULTIPLE;
  const fixed = FIXED_BYTES.get(single);
  const variable = single === STRING_8 || single === UNICODE || single === BINARY || single === OBJECT;
  if (fixed === undefined && !variable) return false;
  if (fixed !== undefined && (type & MULTIPLE) === 0) {
    yield* pass(fixed);
    return true;
  }
  const count = (yield* take(4))?.readUInt32LE(0);
  if (count === undefined || count > RECORDS_MAX || (fixed ?? 4) * count > end - place.cursor.position) return false;
  if (fixed !== undefined) {
    yield* pass(fixed * count);
    return true;
  }
  for (let i = 0; i < count; i += 1) {
    const length = (yield* take(4))?.readUInt32LE(0);
    if (length === undefined || length > end - place.cursor.position || !(yield* readValue({ type: single, id }, length, place, reader)))
      return false;
    yield* pass(padded(length) - length);
  }
  return true;
}

function* readValue({ type, id }: Property, length: number, place: TnefPlace, reader: PropertyReader): ByteScript<boolean> {
  if (id === DATA) return yield* readPropertyData(type, length, place, reader);
  if (!NAMES.has(id) || (type !== STRING_8 && type !== UNICODE) || length > PROPERTY_NAME_MAX) {
    yield* pass(length);
    return true;
  }
  const octets = yield* take(length);
  if (octets === undefined) return false;
  const text = (type === UNICODE ? octets.toString('utf16le') : decodeOctets(octets)).replace(/\0+$/u, '');
  // Only an extension: the reader puts it behind a name of its own.
  if (text !== '') reader.addName(id === EXTENSION && !text.startsWith('.') ? `.${text}` : text);
  return true;
}

/** A message is a TNEF stream again; anything else (an OLE storage) is content. */
function* readPropertyData(type: number, length: number, place: TnefPlace, reader: PropertyReader): ByteScript<boolean> {
  let left = length;
  if (type === OBJECT && length >= INTERFACE_BYTES) {
    const id = yield* take(INTERFACE_BYTES);
    left -= INTERFACE_BYTES;
    if (id?.toString('hex') === MESSAGE_INTERFACE) return yield* reader.readMessage(place.cursor.position + left);
  }
  yield* reader.readObject(left);
  return true;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

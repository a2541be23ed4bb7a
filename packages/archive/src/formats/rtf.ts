import { type Bytes, bytesOf } from '../bytes.ts';
import { findAll } from '../find.ts';
import { READ_BYTES, RTF_OBJECT_MAX_BYTES, RTF_OBJECTS_MAX } from '../limits.ts';
import { type Format, type OpenArchive, signAt } from './format.ts';
import { LABEL_AT, readPackage } from './package.ts';

const OBJECT_DATA = Buffer.from('\\objdata');
const COMPOUND = Buffer.from('d0cf11e0a1b11ae1', 'hex');
/** Of an object's head (MS-OLEDS §2.2.4): version, kind, then the class. */
const CLASS_AT = 8;
const STRINGS = 3;

/**
 * Rich text with embedded objects: a file that was dragged into the text is stored in hexadecimal with its name, as a
 * package or in a compound file. A text without such an object is no archive.
 */
export const rtf: Format = {
  kind: 'rtf',
  extensions: [],
  alsoNamed: ['rtf', 'doc'],
  find: (bytes, head) => {
    const place = signAt('{\\rt')(bytes, head);
    return place === undefined ? undefined : { ...place, certain: false };
  },
  read(archive) {
    let count = 0;
    for (const at of findAll(archive.bytes, OBJECT_DATA, 0, archive.bytes.sizeBytes)) {
      if (archive.stopped) return;
      count += 1;
      if (count > RTF_OBJECTS_MAX) return archive.problem('too-many-members');
      readObject(archive, readHex(archive.bytes, at + OBJECT_DATA.length));
    }
  },
};

function readObject(archive: OpenArchive, object: Buffer): void {
  const compound = object.indexOf(COMPOUND);
  if (compound !== -1) {
    const entry = archive.add({ name: 'object', unpackedBytes: object.length });
    if (entry !== undefined) archive.content(entry, bytesOf(object.subarray(compound)));
  }
  const native = nativeData(object);
  if (native === undefined) return;
  const { names, content } = readPackage(native, LABEL_AT.object);
  let first = true;
  for (const name of names) {
    const entry = archive.add({ name, unpackedBytes: first ? content.length : 0 });
    if (entry !== undefined && first) archive.content(entry, bytesOf(content));
    first = false;
  }
}

/** What follows class, topic and item, each behind its size, and its own. */
function nativeData(object: Buffer): Buffer | undefined {
  let at = CLASS_AT;
  let isPackage = false;
  for (let index = 0; index < STRINGS; index += 1) {
    if (at + 4 > object.length) return undefined;
    const size = object.readUInt32LE(at);
    if (index === 0) isPackage = /^package\0?$/iu.test(object.toString('latin1', at + 4, at + 4 + Math.min(size, 64)));
    at += 4 + size;
  }
  return isPackage ? object.subarray(Math.min(object.length, at + 4)) : undefined;
}

/**
 * Decodes the hexadecimal octets of an object's group, up to its end. Nested groups and control words are skipped, as
 * Word does; `\bin` precedes octets that are not encoded.
 */
function readHex(bytes: Bytes, start: number): Buffer {
  const pieces: Buffer[] = [];
  let digits = '';
  let depth = 0;
  let size = 0;
  const flush = () => {
    const even = digits.slice(0, digits.length - (digits.length % 2));
    pieces.push(Buffer.from(even, 'hex'));
    size += even.length / 2;
    digits = digits.slice(even.length);
  };
  for (let at = start; at < bytes.sizeBytes && size < RTF_OBJECT_MAX_BYTES; ) {
    const text = bytes.read(at, at + READ_BYTES).toString('latin1');
    // A control word must not be cut at the edge of a chunk.
    const last = at + text.length >= bytes.sizeBytes;
    let index = 0;
    for (; index < text.length && (last || index < text.length - CONTROL_MAX); ) {
      const char = text.charAt(index);
      if (char === '{') depth += 1;
      if (char === '}' && depth === 0) {
        flush();
        return Buffer.concat(pieces);
      }
      if (char === '}') depth -= 1;
      const control = char === '\\' ? CONTROL.exec(text.slice(index, index + CONTROL_MAX)) : null;
      if (control?.[1] === 'bin') {
        flush();
        const from = at + index + control[0].length;
        const count = Math.max(0, Math.min(Number(control[2] ?? 0), RTF_OBJECT_MAX_BYTES - size));
        pieces.push(bytes.read(from, from + count));
        size += count;
        at = from + count - index;
        break;
      }
      if (control === null && /[0-9a-f]/iu.test(char)) digits += char;
      index += control?.[0].length ?? 1;
    }
    flush();
    if (index === 0 && !last) break;
    at += index;
  }
  return Buffer.concat(pieces);
}

const CONTROL_MAX = 48;
const CONTROL = /^\\(?:([a-z]{1,32})(-?\d{1,10})? ?|'[0-9a-f]{2}|[^a-z])/iu;

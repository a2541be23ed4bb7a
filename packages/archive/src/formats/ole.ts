import { constants, inflateSync } from 'node:zlib';
import { bytesOf } from '../bytes.ts';
import { ARCHIVE_MIN_BYTES, OLE_OBJECT_MAX_BYTES, OLE_STREAM_MAX_BYTES } from '../limits.ts';
import { trimEndOf } from '../member-name.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Entry, type Format, type Keeper, type OpenArchive, signAt } from './format.ts';
import { LABEL_AT, readPackage } from './package.ts';

/** Outlook's names of attachments, short and long, as Unicode and not (MS-OXMSG §2.2.2: property, then type). */
const MSG_NAME = /__substg1\.0_370[47]001([EF])$/iu;
/** A file that was dragged into a document: its name stands before it (MS-OLEDS §2.3.6). */
const EMBEDDED = /Ole10Native$/u;
/** What a document with a password consists of (MS-OFFCRYPTO §2.3.4.4). */
const ENCRYPTED = /^EncryptedPackage$/u;
/** The stream of a presentation, with the objects in it as records (MS-PPT §2.10.34). */
const PRESENTATION = /^PowerPoint Document$/u;
const NUL = /\0/u;

/**
 * Compound files: msi, msg, doc, xls, ppt. The names of their streams come from the program, those inside the streams
 * from the sender.
 */
export const ole: Format = {
  kind: 'ole',
  extensions: ['msi', 'msp'],
  alsoNamed: ['doc', 'xls', 'ppt', 'msg', 'dot', 'xlt', 'pps', 'vsd', 'pub'],
  find: signAt('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  async read(archive) {
    let encrypted = false;
    const held = createHeld();
    await readWithSevenZip(archive, {
      type: 'Compound',
      listed(member) {
        encrypted ||= ENCRYPTED.test(member.path);
      },
      around(entry, keeper) {
        if (MSG_NAME.test(entry.name)) return withNames(archive, entry, keeper);
        if (EMBEDDED.test(entry.name)) return withWhole(keeper, (stream) => held.push(stream, 'package'));
        return PRESENTATION.test(entry.name) ? withWhole(keeper, (stream) => held.push(stream, 'presentation')) : keeper;
      },
    });
    held.readAll(archive);
    if (encrypted) archive.locked();
  },
};

/** Reads the names in a stream while it is searched. */
function withNames(archive: OpenArchive, entry: Entry, keeper: Keeper): Keeper {
  let head = Buffer.alloc(0);
  return {
    write(chunk) {
      if (head.length < OLE_STREAM_MAX_BYTES) head = Buffer.concat([head, chunk.subarray(0, OLE_STREAM_MAX_BYTES)]);
      return keeper.write(chunk);
    },
    end() {
      const type = MSG_NAME.exec(entry.name)?.[1]?.toUpperCase();
      const name = trimEndOf(head.toString(type === 'F' ? 'utf16le' : 'latin1'), NUL);
      if (name !== '') archive.add({ name });
      keeper.end();
    },
  };
}

/** Passes a stream on, and keeps all of it until its end. */
function withWhole(keeper: Keeper, take: (stream: Buffer) => void): Keeper {
  const pieces: Buffer[] = [];
  let size = 0;
  return {
    write(chunk) {
      size += chunk.length;
      if (size <= OLE_OBJECT_MAX_BYTES) pieces.push(Buffer.from(chunk));
      const goesOn = keeper.write(chunk);
      return goesOn || size <= OLE_OBJECT_MAX_BYTES;
    },
    end() {
      take(Buffer.concat(pieces));
      keeper.end();
    },
  };
}

type HeldKind = 'package' | 'presentation';

/** Streams that contain files. They are read after 7-Zip has ended, because one content is open at a time. */
function createHeld() {
  const streams: { readonly stream: Buffer; readonly kind: HeldKind }[] = [];
  return {
    push: (stream: Buffer, kind: HeldKind) => void streams.push({ stream, kind }),
    readAll(archive: OpenArchive): void {
      for (const { stream, kind } of streams) {
        if (kind === 'package') addPackage(archive, stream);
        else for (const object of objectsIn(stream)) addObject(archive, object);
      }
    },
  };
}

function addPackage(archive: OpenArchive, stream: Buffer): void {
  const { names, content } = readPackage(stream, LABEL_AT.stream);
  for (const [index, name] of names.entries()) {
    const entry = archive.add({ name });
    if (entry !== undefined && index === 0) archive.content(entry, bytesOf(content));
  }
}

function addObject(archive: OpenArchive, object: Buffer): void {
  const entry = archive.add({ name: 'object', unpackedBytes: object.length });
  if (entry !== undefined) archive.content(entry, bytesOf(object));
}

/**
 * ExOleObjStg (MS-PPT §2.10.34): version and instance, type, size; packed ones have the size of the content in front.
 */
const OBJECT_TYPE = Buffer.from([0x11, 0x10]);
const RECORD_HEAD_BYTES = 8;

/** The objects of a presentation, at any offset. */
function* objectsIn(stream: Buffer): Generator<Buffer> {
  for (let at = stream.indexOf(OBJECT_TYPE); at !== -1; at = stream.indexOf(OBJECT_TYPE, at + 1)) {
    const start = at - 2;
    if (start < 0 || start + RECORD_HEAD_BYTES > stream.length) continue;
    const head = stream.readUInt16LE(start);
    if (head !== 0x00 && head !== 0x10) continue;
    const end = start + RECORD_HEAD_BYTES + stream.readUInt32LE(start + 4);
    const data = stream.subarray(start + RECORD_HEAD_BYTES, Math.min(end, stream.length));
    const object = head === 0 ? data : unpacked(data.subarray(4));
    if (object !== undefined && object.length >= ARCHIVE_MIN_BYTES) yield object;
  }
}

function unpacked(packed: Buffer): Buffer | undefined {
  try {
    return inflateSync(packed, { maxOutputLength: OLE_OBJECT_MAX_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    // The type was there by chance.
    return undefined;
  }
}

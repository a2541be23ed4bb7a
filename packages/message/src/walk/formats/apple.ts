import { type ByteScript, type Cursor, createScriptSink, pass, take } from '../byte-script.ts';
import type { ByteSink } from '../byte-sink.ts';
import { decodeOctets } from '../names/octets-to-text.ts';
import type { Inside, Walk } from '../walk.ts';
import { addFile } from './embedded-file.ts';

// RFC 1740 §5: AppleSingle and AppleDouble.
const SINGLE = 0x00051600;
const DOUBLE = 0x00051607;
const DATA_FORK = 1;
const REAL_NAME = 3;
const ENTRIES_MAX = 64;
const NAME_MAX = 1024;
const MACBINARY_TYPE = /^application\/(?:x-)?macbin/u;
const MACBINARY_HEAD = 128;

/** AppleSingle and AppleDouble by their first octets; MacBinary, which has none, by its type. */
export function looksApple(head: Buffer, mediaType: string): boolean {
  const magic = head.length >= 4 ? head.readUInt32BE(0) : 0;
  return magic === SINGLE || magic === DOUBLE || MACBINARY_TYPE.test(mediaType);
}

/** Reads the name inside; the data fork becomes a part. */
export function createAppleReader(walk: Walk, inside: Inside): ByteSink {
  const names: string[] = [];
  function* readData(cursor: Cursor, length: number): ByteScript<void> {
    const file = addFile(walk, inside, { form: 'apple', start: cursor.position, end: cursor.position + length, names });
    if (file === undefined) return yield* pass(length);
    const content = walk.readContent({ part: file, chain: file.chain }, 'identity');
    yield* pass(length, content);
    content.end();
  }
  function addName(octets: Buffer): void {
    names.push(decodeOctets(octets));
    walk.recorder.addNames(inside.part, names);
  }
  function* readMacBinary(cursor: Cursor, start: Buffer): ByteScript<boolean> {
    const rest = yield* take(MACBINARY_HEAD - start.length);
    if (rest === undefined) return false;
    const head = Buffer.concat([start, rest]);
    addName(head.subarray(2, 2 + Math.min(63, head[1] ?? 0)));
    yield* readData(cursor, head.readUInt32BE(83));
    return !cursor.ended;
  }
  function* readEntries(cursor: Cursor): ByteScript<boolean> {
    const head = yield* take(4 + 16 + 2);
    const count = head?.readUInt16BE(20) ?? 0;
    const table = count > ENTRIES_MAX ? undefined : yield* take(count * 12);
    if (table === undefined) return false;
    for (const entry of readTable(table)) {
      // Entries that overlap cannot be read in one pass, and no program writes them.
      if (entry.offset < cursor.position) return false;
      yield* pass(entry.offset - cursor.position);
      if (entry.id === DATA_FORK) yield* readData(cursor, entry.length);
      if (entry.id !== REAL_NAME) continue;
      const name = entry.length > NAME_MAX ? undefined : yield* take(entry.length);
      if (name === undefined) return false;
      addName(name);
    }
    return !cursor.ended;
  }
  function* read(cursor: Cursor): ByteScript<boolean> {
    const magic = yield* take(4);
    if (magic === undefined) return false;
    const isTable = magic.readUInt32BE(0) === SINGLE || magic.readUInt32BE(0) === DOUBLE;
    return yield* isTable ? readEntries(cursor) : readMacBinary(cursor, magic);
  }
  return createScriptSink(read, (understood) => {
    if (!understood) walk.recorder.note('undecodable', inside.part);
  });
}

interface Entry {
  readonly id: number;
  readonly offset: number;
  readonly length: number;
}

/** Only entries that are read, in the order in which they lie. */
function readTable(table: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + 12 <= table.length; at += 12) {
    entries.push({ id: table.readUInt32BE(at), offset: table.readUInt32BE(at + 4), length: table.readUInt32BE(at + 8) });
  }
  return entries
    .filter((entry) => (entry.id === DATA_FORK || entry.id === REAL_NAME) && entry.length > 0)
    .sort((a, b) => a.offset - b.offset);
}

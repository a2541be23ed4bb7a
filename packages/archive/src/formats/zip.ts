import { type Bytes, bytesOf, sliceBytes } from '../bytes.ts';
import { findFitting } from '../find.ts';
import { ARCHIVE_MIN_BYTES, READ_BYTES, STUB_MAX_BYTES, ZIP_DIRECTORIES_MAX } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { directoriesOf, endRecordsIn } from '../zip/end-record.ts';
import { CENTRAL_BYTES, ENCRYPTED, END_BYTES, LOCAL_BYTES, LOCAL_SIGN, MASKED, readLocalHeader, SIZES_BEHIND } from '../zip/records.ts';
import { isNative, type Packed, STORED, unpackMember } from '../zip/unpack.ts';
import { visitZip, type ZipMember } from '../zip/views.ts';
import type { Entry, Format, OpenArchive, Place } from './format.ts';

/** Signatures at the beginning: a member, an empty archive, the markers of split archives (APPNOTE §8.5). */
const FRONT = /^(?:PK\x03\x04|PK\x05\x06|PK\x07\x08PK\x03\x04|PK00PK\x03\x04)/u;
/** A header, the longest name that systems open, and extra fields. */
const LOCAL_REACH = LOCAL_BYTES + 4096;
/** The version is that of a feature, in tenths: 6.3 is the last (APPNOTE §4.4.3.2). */
const VERSION_MAX = 63;
const CONTROL = /[\u0000-\u001f]/u;

/** Whether a local header without a central directory is valid: 7-Zip lists its member. */
function beginsMember(window: Buffer, at: number): boolean {
  if (at + LOCAL_BYTES > window.length || window.readUInt16LE(at + 4) > VERSION_MAX) return false;
  const local = readLocalHeader(bytesOf(window.subarray(at)), 0);
  return local !== undefined && !CONTROL.test(local.rawName.toString('latin1'));
}

/** Deflate needs at least this for an archive with a name. */
const PACKED_MIN_BYTES = 12;

/** zip, and formats that are zip under other extensions: office documents, Java archives, software packages. */
export const zip: Format = {
  kind: 'zip',
  extensions: ['zip', 'zipx', 'jar', 'war', 'ear', 'apk', 'xpi', 'cbz', 'kmz', 'epub', 'ipa', 'appx', 'msix'],
  alsoNamed: ['docx', 'docm', 'dotx', 'dotm', 'xlsx', 'xlsm', 'xlsb', 'pptx', 'pptm', 'ppsx', 'odt', 'ods', 'odp', 'odg', 'vsdx', 'one'],
  find(bytes, head): Place | undefined {
    if (head[0] === 0x50 && FRONT.test(head.toString('latin1', 0, 8))) return { start: 0, certain: true };
    if (bytes.sizeBytes < END_BYTES + CENTRAL_BYTES) return undefined;
    const ends = endRecordsIn(bytes, ZIP_DIRECTORIES_MAX);
    const whole = ends.filter((at) => directoriesOf(bytes, at).some((place) => place.count > 0)).length;
    // Several if complete archives are contained in a document or a database.
    if (whole > 0) return { start: 0, certain: false, loose: whole > 1 };
    const first = findFitting(bytes, LOCAL_SIGN, STUB_MAX_BYTES, { before: 0, reach: LOCAL_REACH, fits: beginsMember });
    return first === undefined ? undefined : { start: first, certain: false, loose: true };
  },
  async read(archive) {
    const packed: Packed[] = [];
    const foreign = new Map<string, Entry>();
    const bytes = createWindow(archive.bytes);
    visitZip(bytes, {
      member: (member) => addMember(archive, member, packed, foreign),
      flaw: (flaw) => archive.problem(flaw),
    });
    for (const one of packed) {
      if (archive.full) return;
      if (archive.worthUnpacking(one.entry) && !(await unpackMember(archive, one))) archive.problem('error');
    }
    // Rare compression methods.
    if (foreign.size > 0 && !archive.full) await readWithSevenZip(archive, { type: 'zip', known: foreign, onlyKnown: true });
  },
};

/** Adds a member under all its names; false when the budget is exhausted. */
function addMember(archive: OpenArchive, member: ZipMember, packed: Packed[], foreign: Map<string, Entry>): boolean {
  const { central, local } = member;
  const header = central ?? local;
  if (header === undefined) return true;
  const names = central?.names === local?.names ? header.names : new Set([...(central?.names ?? []), ...(local?.names ?? [])]);
  if ((header.flags & MASKED) !== 0) archive.locked();
  const encrypted = (header.flags & ENCRYPTED) !== 0 && ((local ?? header).flags & ENCRYPTED) !== 0;
  let first: Entry | undefined;
  const holdsData = dataBytes(member) > EMPTY_DEFLATED_BYTES || (central?.unpackedBytes ?? 0) > 0 || (local?.unpackedBytes ?? 0) > 0;
  for (const name of names) {
    // A member that is marked as a folder and has data is a file for some unpackers.
    const directory = name.endsWith('/') && !holdsData;
    const facts = { name, directory, encrypted, ...(first === undefined && { unpackedBytes: header.unpackedBytes }) };
    const entry = archive.add(facts);
    if (entry === undefined) return false;
    first ??= entry;
  }
  if (first === undefined || encrypted || local === undefined || archive.full) return true;
  const unknown = central === undefined && (local.flags & SIZES_BEHIND) !== 0;
  const end = unknown ? archive.bytes.sizeBytes : local.dataStart + header.packedBytes;
  offer(
    archive,
    { entry: first, data: sliceBytes(archive.bytes, local.dataStart, end), method: header.method, unpackedBytes: header.unpackedBytes },
    packed,
    foreign,
  );
  if (end > archive.bytes.sizeBytes) archive.problem('error');
  return true;
}

/** A folder may have so many packed octets: some programs deflate the empty content. */
const EMPTY_DEFLATED_BYTES = 2;

/** The packed size: the larger one of the two headers. */
function dataBytes({ central, local }: ZipMember): number {
  return Math.max(central?.packedBytes ?? 0, local?.packedBytes ?? 0);
}

function offer(archive: OpenArchive, one: Packed, packed: Packed[], foreign: Map<string, Entry>): void {
  if (one.method === STORED) archive.content(one.entry, one.data);
  else if (one.data.sizeBytes < PACKED_MIN_BYTES && one.unpackedBytes < ARCHIVE_MIN_BYTES) return;
  else if (isNative(one.method)) packed.push(one);
  else foreign.set(one.entry.name, one.entry);
}

const WINDOW_BYTES = 16 * READ_BYTES;

/** The same bytes, read a megabyte at a time, since there are many small headers. */
function createWindow(bytes: Bytes): Bytes {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  return {
    sizeBytes: bytes.sizeBytes,
    read(from, to) {
      if (to - from > WINDOW_BYTES / 2) return bytes.read(from, to);
      if (from < start || Math.min(to, bytes.sizeBytes) > start + window.length) {
        start = from;
        window = bytes.read(from, from + WINDOW_BYTES);
      }
      return window.subarray(from - start, Math.max(from, to) - start);
    },
  };
}

import { type Bytes, sliceBytes } from '../bytes.ts';
import { findFitting } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, type OpenArchive, signAt } from './format.ts';

const SIGN = Buffer.from('CD001');
const SIGN_AT = 16 * 2048 + 1;
const AT_FRONT = signAt('CD001', SIGN_AT);
/** The type of the first descriptor, before the signature; its version follows it. */

/**
 * ISO 9660: the signature of the first volume descriptor, at sector 16 (ECMA-119 §8.1). 7-Zip lists one of its
 * directory trees; the others are read here.
 */
export const iso: Format = {
  kind: 'iso',
  extensions: ['iso'],
  alsoNamed: ['img'],
  find(bytes, head) {
    const first = AT_FRONT(bytes, head);
    if (first !== undefined) return first;
    // 7-Zip finds it after other data.
    const fits = (window: Buffer, at: number) => window[at + SIGN_AT - 1] === PRIMARY && window[at + SIGN_AT + SIGN.length] === 1;
    const start = findFitting(bytes, SIGN, STUB_MAX_BYTES, { before: SIGN_AT, reach: SIGN.length + 1, fits });
    return start === undefined ? undefined : { start, certain: false };
  },
  async read(archive) {
    const known = new Set<string>();
    await readWithSevenZip(archive, {
      type: 'Iso',
      listed: ({ path }) => known.add(shown(path.slice(path.lastIndexOf('/') + 1))),
    });
    addOthers(archive, known);
  },
};

/** Names that 7-Zip did not list, in whatever folder: a verdict does not depend on the folder. */
function addOthers(archive: OpenArchive, known: Set<string>): void {
  for (const { names, directory, start, sizeBytes } of isoRecords(archive.bytes, () => archive.stopped)) {
    for (const name of names.filter((one) => !known.has(shown(one)))) {
      known.add(shown(name));
      const entry = archive.add({ name, directory, unpackedBytes: directory ? 0 : sizeBytes });
      if (entry !== undefined && !directory) archive.content(entry, sliceBytes(archive.bytes, start, start + sizeBytes));
    }
  }
}

/** Compared without case and without a final dot. */
function shown(name: string): string {
  return name.toLowerCase().replace(/\.$/u, '');
}

/** A file or folder as one of the disc's directories lists it. */
interface IsoRecord {
  /** As Windows shows it, and as Rock Ridge calls it when that differs; without version. */
  readonly names: readonly string[];
  readonly directory: boolean;
  readonly start: number;
  readonly sizeBytes: number;
}

const SECTOR_BYTES = 2048;
const FIRST_DESCRIPTOR = 16;
/** Descriptors that are looked at: a disc has two or three. */
const DESCRIPTORS_MAX = 32;
const PRIMARY = 1;
const SUPPLEMENTARY = 2;
const ROOT_AT = 156;
const BLOCK_SIZE_AT = 128;
const NAME_AT = 33;
const IS_DIRECTORY = 0x02;
/** Octets of one directory: 50,000 short names. */
const DIRECTORY_MAX_BYTES = 4 * 1024 * 1024;
/** Bounds a tree with a loop. */
const DIRECTORIES_MAX = 10_000;

/**
 * Every record of every directory tree (ECMA-119 §9.1): programs differ in which tree they show. Windows takes
 * Joliet's, or the plain one, and never Rock Ridge's names; Unix takes those. `enough` ends it.
 */
function* isoRecords(bytes: Bytes, enough: () => boolean): Generator<IsoRecord> {
  for (let sector = FIRST_DESCRIPTOR; sector < FIRST_DESCRIPTOR + DESCRIPTORS_MAX; sector += 1) {
    const descriptor = bytes.read(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
    if (descriptor.length < SECTOR_BYTES || descriptor.toString('latin1', 1, 6) !== 'CD001') return;
    const type = descriptor[0];
    if (type !== PRIMARY && type !== SUPPLEMENTARY) continue;
    const blockBytes = descriptor.readUInt16LE(BLOCK_SIZE_AT) || SECTOR_BYTES;
    const wide = type === SUPPLEMENTARY;
    const root = readRecord(descriptor.subarray(ROOT_AT), blockBytes, wide);
    if (root !== undefined) yield* recordsBelow(bytes, { root, blockBytes, wide }, enough);
  }
}

interface Tree {
  readonly root: IsoRecord;
  readonly blockBytes: number;
  /** Names are UTF-16 (Joliet). */
  readonly wide: boolean;
}

function* recordsBelow(bytes: Bytes, { root, blockBytes, wide }: Tree, enough: () => boolean): Generator<IsoRecord> {
  const waiting = [root];
  const seen = new Set([root.start]);
  for (let next = waiting.pop(); next !== undefined && !enough(); next = waiting.pop()) {
    const listing = bytes.read(next.start, next.start + Math.min(next.sizeBytes, DIRECTORY_MAX_BYTES));
    for (let at = 0; at < listing.length; ) {
      const length = listing[at] ?? 0;
      // Records do not cross a sector; the rest of it is zeros.
      const record = length === 0 ? undefined : readRecord(listing.subarray(at, at + length), blockBytes, wide);
      at = length === 0 ? (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES : at + length;
      if (record === undefined || record.names.length === 0) continue;
      yield record;
      if (!record.directory || seen.has(record.start) || seen.size >= DIRECTORIES_MAX) continue;
      seen.add(record.start);
      waiting.push(record);
    }
  }
}

function readRecord(record: Buffer, blockBytes: number, wide: boolean): IsoRecord | undefined {
  if (record.length <= NAME_AT) return undefined;
  const nameBytes = record[NAME_AT - 1] ?? 0;
  const end = NAME_AT + nameBytes;
  const own = nameOf(record.subarray(NAME_AT, end), wide);
  const other = rockRidgeName(record.subarray(end + (end % 2)));
  return {
    names: own === '' ? [] : [...new Set([own, other])].filter((name) => name !== ''),
    directory: ((record[25] ?? 0) & IS_DIRECTORY) !== 0,
    start: record.readUInt32LE(2) * blockBytes,
    sizeBytes: record.readUInt32LE(10),
  };
}

/** Empty for the folder itself and its parent, whose names are the octets 0 and 1. */
function nameOf(octets: Buffer, wide: boolean): string {
  if (octets.length === 1 && (octets[0] ?? 0) < 2) return '';
  const text = wide && octets.length % 2 === 0 ? Buffer.from(octets).swap16().toString('utf16le') : octets.toString('latin1');
  return text.replace(/;\d*$/u, '');
}

/** The pieces of Rock Ridge's `NM` in a record's system use area (SUSP §4, RRIP §4.1.4). */
function rockRidgeName(area: Buffer): string {
  let name = '';
  for (let at = 0; at + 4 < area.length; ) {
    const length = area[at + 2] ?? 0;
    if (length < 4) break;
    if (area.toString('latin1', at, at + 2) === 'NM') name += area.toString('utf8', at + 5, Math.min(at + length, area.length));
    at += length;
  }
  return name;
}

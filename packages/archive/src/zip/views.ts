import type { Bytes } from '../bytes.ts';
import { findAll } from '../find.ts';
import { ZIP_DIRECTORIES_MAX } from '../limits.ts';
import { createCover } from './cover.ts';
import { type DirectoryPlace, directoriesOf, endRecordsIn } from './end-record.ts';
import {
  CENTRAL_SIGN,
  type CentralHeader,
  ENCRYPTED,
  END_BYTES,
  LOCAL_BYTES,
  LOCAL_SIGN,
  type LocalHeader,
  MASKED,
  readCentralHeader,
  readLocalHeader,
  SIZES_BEHIND,
} from './records.ts';
import { isNative } from './unpack.ts';

/** One member as its headers show it; at least one of them is there. */
export interface ZipMember {
  readonly central: CentralHeader | undefined;
  readonly local: LocalHeader | undefined;
}

/** What can be wrong with the structure. */
export type ZipFlaw = 'views-disagree' | 'error';

/** Gets what is found, in order; false ends the search. */
export interface ZipVisitor {
  member(member: ZipMember): boolean;
  flaw(flaw: ZipFlaw): void;
}

/**
 * Shows every member that any unpacker could see: those of every central directory with their local headers, and then what stands in the
 * gaps between them: local headers that no directory names, directories that no end record names.
 */
export function visitZip(bytes: Bytes, visitor: ZipVisitor): void {
  const cover = createCover();
  const places = endRecordsIn(bytes, ZIP_DIRECTORIES_MAX);
  let directories = 0;
  for (const at of places) {
    if (cover.covers(at)) continue;
    for (const place of directoriesOf(bytes, at)) {
      // The last one is what most unpackers go by; each further one shows something else to some of them.
      if (directories > 0 && place.count > 0) visitor.flaw('views-disagree');
      directories += 1;
      if (!visitDirectory(bytes, place, cover, visitor)) return;
    }
  }
  if (directories === 0) visitor.flaw('error');
  if (cover.overlaps) visitor.flaw('views-disagree');
  visitGaps(bytes, cover, directories > 0, visitor);
}

type Cover = ReturnType<typeof createCover>;

function visitDirectory(bytes: Bytes, place: DirectoryPlace, cover: Cover, visitor: ZipVisitor): boolean {
  cover.add(place.start, place.end);
  cover.add(place.recordEnd - END_BYTES, place.recordEnd);
  const directory = bytes.read(place.start, place.end);
  let at = 0;
  let count = 0;
  for (; at < directory.length; count += 1) {
    const central = readCentralHeader(directory, at);
    if (central === undefined) break;
    at += central.lengthBytes;
    const local = readLocalHeader(bytes, place.base + central.localOffset, central);
    if (local === undefined) visitor.flaw('error');
    else {
      // What nobody can decrypt or unpack is searched like a gap: there may stand anything.
      cover.addMember(local.start, isOpaque(central, local) ? local.dataStart : local.dataStart + central.packedBytes);
      if (disagree(central, local)) visitor.flaw('views-disagree');
    }
    if (!visitor.member({ central, local })) return false;
  }
  // Above 65535 members without zip64 only the remainder is stored, which unpackers put up with.
  if (count % 65_536 !== place.count % 65_536) visitor.flaw('error');
  return true;
}

/** Whether the data of a member cannot be seen: an unpacker that goes by another header may find members in it. */
function isOpaque(central: CentralHeader, local: LocalHeader): boolean {
  return ((central.flags | local.flags) & (ENCRYPTED | MASKED)) !== 0 || !isNative(central.method) || !isNative(local.method);
}

/** Whether a member differs between its headers in what decides what an unpacker writes. */
function disagree(central: CentralHeader, local: LocalHeader): boolean {
  if ((local.flags & MASKED) !== 0) return false;
  const sizes = (local.flags & SIZES_BEHIND) === 0 && local.packedBytes !== 0 && local.packedBytes !== central.packedBytes;
  const encryption = ((central.flags ^ local.flags) & ENCRYPTED) !== 0;
  if (central.names === local.names) return sizes || encryption || central.method !== local.method;
  const names =
    !central.rawName.equals(local.rawName) || central.names.some((name) => !local.names.includes(name) && local.names.length > 1);
  return sizes || encryption || names || central.method !== local.method;
}

function visitGaps(bytes: Bytes, cover: Cover, complete: boolean, visitor: ZipVisitor): void {
  for (const [start, end] of cover.gaps(bytes.sizeBytes)) {
    if (end - start <= LOCAL_BYTES) continue;
    let next = start;
    for (const at of findAll(bytes, LOCAL_SIGN, start, end)) {
      const local = at < next ? undefined : readLocalHeader(bytes, at);
      if (local === undefined || local.dataStart > end) continue;
      if (complete) visitor.flaw('views-disagree');
      next = local.dataStart + ((local.flags & SIZES_BEHIND) === 0 ? local.packedBytes : 0);
      if (!visitor.member({ central: undefined, local })) return;
    }
    for (const at of findAll(bytes, CENTRAL_SIGN, start, end)) {
      const central = at < next ? undefined : readCentralHeader(bytes.read(at, Math.min(end, at + 4 * 65_536)), 0);
      if (central === undefined || central.rawName.length === 0) continue;
      if (complete) visitor.flaw('views-disagree');
      if (!visitor.member({ central, local: undefined })) return;
    }
  }
}

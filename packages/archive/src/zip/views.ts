import type { Bytes } from '../bytes.ts';
import { findAll } from '../find.ts';
import { ZIP_DIRECTORIES_MAX } from '../limits.ts';
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

/** The headers of one member; at least one of them exists. */
export interface ZipMember {
  readonly central: CentralHeader | undefined;
  readonly local: LocalHeader | undefined;
}

/** Problems of the structure. */
type ZipFlaw = 'views-disagree' | 'error';

/** Called with what is found, in order; returns false to end the search. */
interface ZipVisitor {
  member(member: ZipMember): boolean;
  flaw(flaw: ZipFlaw): void;
}

/**
 * Visits every member that an unpacker could list: those of all central directories with their local headers, then
 * those in the gaps: local headers without a directory entry, and directories without an end record.
 */
export function visitZip(bytes: Bytes, visitor: ZipVisitor): void {
  const cover = createCover();
  const places = endRecordsIn(bytes, ZIP_DIRECTORIES_MAX);
  let directories = 0;
  for (const at of places) {
    if (cover.covers(at)) continue;
    for (const place of directoriesOf(bytes, at)) {
      // Most unpackers use the last one; with each further one some of them list other members.
      if (directories > 0 && place.count > 0) visitor.flaw('views-disagree');
      directories += 1;
      if (!visitDirectory(bytes, place, cover, visitor)) return;
    }
  }
  if (directories === 0) visitor.flaw('error');
  if (cover.overlaps) visitor.flaw('views-disagree');
  visitGaps(bytes, cover, directories > 0, visitor);
}

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
      // Data that cannot be decrypted or unpacked are searched like a gap, since they may contain anything.
      cover.addMember(local.start, isOpaque(central, local) ? local.dataStart : local.dataStart + central.packedBytes);
      if (disagree(central, local)) visitor.flaw('views-disagree');
    }
    if (!visitor.member({ central, local })) return false;
  }
  // Above 65535 members without zip64 only the remainder is stored, which unpackers accept.
  if (count % 65_536 !== place.count % 65_536) visitor.flaw('error');
  return true;
}

/** Whether the data of a member cannot be read: an unpacker that uses the other header may find members in it. */
function isOpaque(central: CentralHeader, local: LocalHeader): boolean {
  return ((central.flags | local.flags) & (ENCRYPTED | MASKED)) !== 0 || !isNative(central.method) || !isNative(local.method);
}

/** Whether the two headers of a member differ in a field that changes what an unpacker writes. */
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

/** The ranges of a file that belong to members. */
interface Cover {
  add(start: number, end: number): void;
  /** Adds a member's headers and data, which should not overlap those of another member. */
  addMember(start: number, end: number): void;
  covers(at: number): boolean;
  /** Two different members overlap. */
  readonly overlaps: boolean;
  /** The ranges between them, up to `sizeBytes`. */
  gaps(sizeBytes: number): readonly (readonly [number, number])[];
}

/** Creates an empty cover. The ranges are sorted once after each series of additions. */
function createCover(): Cover {
  const ranges: (readonly [number, number])[] = [];
  const members = new Map<number, number>();
  let merged: (readonly [number, number])[] | undefined;

  function merge(): readonly (readonly [number, number])[] {
    if (merged !== undefined) return merged;
    const result: (readonly [number, number])[] = [];
    const edges = new Map(members);
    for (const [start, end] of ranges) edges.set(start, Math.max(end, edges.get(start) ?? 0));
    for (const start of Float64Array.from(edges.keys()).sort()) {
      const end = edges.get(start) ?? start;
      const last = result.at(-1);
      if (last !== undefined && start <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], end)];
      else result.push([start, end]);
    }
    merged = result;
    return result;
  }
  function add(start: number, end: number): void {
    merged = undefined;
    ranges.push([start, end]);
  }
  return {
    add,
    addMember(start, end) {
      merged = undefined;
      members.set(start, Math.max(end, members.get(start) ?? 0));
    },
    covers(at) {
      const list = merge();
      let low = 0;
      let high = list.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((list[middle]?.[1] ?? 0) <= at) low = middle + 1;
        else high = middle;
      }
      const found = list[low];
      return found !== undefined && found[0] <= at && at < found[1];
    },
    get overlaps() {
      let last = 0;
      for (const start of Float64Array.from(members.keys()).sort()) {
        if (start < last) return true;
        last = members.get(start) ?? start;
      }
      return false;
    },
    gaps(sizeBytes) {
      const edges = [[0, 0] as const, ...merge().filter(([start]) => start < sizeBytes), [sizeBytes, sizeBytes] as const];
      return edges.slice(1).flatMap(([start], index) => {
        const from = edges[index]?.[1] ?? 0;
        return start > from ? [[from, start] as const] : [];
      });
    },
  };
}

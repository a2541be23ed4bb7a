import { type Bytes, bytesOf, isZero } from './bytes.ts';
import type { Entry, Keeper, KeepOptions } from './formats/format.ts';
import { looksLikeArchive, looksLikeImage, namedLikeArchive } from './formats/recognise.ts';
import { HEAD_BYTES, SEARCH_MEMBER_MAX_BYTES, STREAM_RATIO_FLOOR_BYTES } from './limits.ts';
import type { ArchiveProblem } from './port.ts';
import type { Store } from './store.ts';
import type { Tally } from './tally.ts';

/** What a keeper works with. */
export interface KeepContext {
  readonly tally: Tally;
  readonly store: Store;
  /** The archive that the member lies in. */
  readonly parent: number | undefined;
  /** Called with the whole content; true when it is an archive and must be kept. */
  wanted(entry: Entry, bytes: Bytes, image: boolean): boolean;
}

/**
 * Takes a member's content: all of it when its beginning or its name is an archive's; else as much as is worth
 * searching for an archive behind other data.
 */
export function createKeeper(context: KeepContext, entry: Entry, options: KeepOptions): Keeper {
  const { tally, store, parent } = context;
  if (options.image === true) return createImageKeeper(context, entry);
  const draft = store.draft();
  const floorBytes = Math.min(tally.budget.ratioFloorBytes, STREAM_RATIO_FLOOR_BYTES);
  const searchMaxBytes = options.packedBytes === undefined ? SEARCH_MEMBER_MAX_BYTES : floorBytes;
  let mode: 'undecided' | 'archive' | 'search' | 'dropped' = namedLikeArchive(entry.name) ? 'archive' : 'undecided';

  function drop(): false {
    mode = 'dropped';
    draft.drop();
    return false;
  }
  /** What does not say its size is judged by what came out of what went in. */
  function isBomb(): boolean {
    const packed = options.packedBytes?.();
    return packed !== undefined && draft.sizeBytes > floorBytes && draft.sizeBytes > packed * tally.budget.maxRatio;
  }
  return {
    write(chunk) {
      // What is unpacked on the way to other members costs too, even if nobody looks at it.
      const goesOn = tally.meter.unpacked(parent, chunk.length);
      if (mode === 'dropped') return false;
      if (!goesOn) return drop();
      if (!draft.write(chunk)) {
        tally.problems.add(parent, 'too-many-bytes');
        return drop();
      }
      if (mode === 'undecided' && draft.sizeBytes >= HEAD_BYTES)
        mode = looksLikeArchive(draft.view().read(0, HEAD_BYTES)) ? 'archive' : 'search';
      if (isBomb()) {
        tally.problems.add(parent, 'too-high-ratio');
        return drop();
      }
      if (mode === 'search' && (!tally.meter.searched(chunk.length) || draft.sizeBytes > searchMaxBytes)) {
        tally.unsearched();
        return drop();
      }
      return true;
    },
    end() {
      if (mode === 'dropped') return;
      mode = 'dropped';
      if (context.wanted(entry, draft.view(), false)) draft.keep();
      else draft.drop();
    },
  };
}

/**
 * Takes a partition: all of it when its beginning is a file system's. One that nobody here knows is unreadable, unless
 * it is blank.
 */
function createImageKeeper({ tally, store, parent, wanted }: KeepContext, entry: Entry): Keeper {
  const draft = store.draft();
  let mode: 'undecided' | 'known' | 'blank' | 'dropped' = 'undecided';
  function drop(problem?: ArchiveProblem): false {
    if (problem !== undefined) tally.problems.add(entry.index, problem);
    mode = 'dropped';
    draft.drop();
    return false;
  }
  return {
    write(chunk) {
      const goesOn = tally.meter.unpacked(parent, chunk.length);
      if (mode === 'dropped') return false;
      if (!goesOn) return drop();
      if (mode === 'blank') return isZero(bytesOf(chunk)) || drop('unsupported');
      if (!draft.write(chunk)) return drop('too-many-bytes');
      if (mode === 'known' || draft.sizeBytes < HEAD_BYTES + IMAGE_SIGN_BYTES) return true;
      const head = draft.view();
      if (looksLikeImage(head)) mode = 'known';
      else if (!isZero(head)) return drop('unsupported');
      else {
        mode = 'blank';
        draft.drop();
      }
      return true;
    },
    end() {
      if (mode === 'blank' || mode === 'dropped') return;
      mode = 'dropped';
      const whole = draft.view();
      if (wanted(entry, whole, true)) draft.keep();
      else {
        if (!isZero(whole)) tally.problems.add(entry.index, 'unsupported');
        draft.drop();
      }
    },
  };
}

/** Some file systems have their sign behind the first 64 KiB. */
const IMAGE_SIGN_BYTES = 512;

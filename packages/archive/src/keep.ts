import type { Bytes } from './bytes.ts';
import type { Entry, Keeper, KeepOptions } from './formats/format.ts';
import { HEAD_BYTES, SEARCH_MEMBER_MAX_BYTES, STREAM_RATIO_FLOOR_BYTES } from './limits.ts';
import { looksLikeArchive, namedLikeArchive } from './recognise.ts';
import type { Store } from './store.ts';
import type { Tally } from './tally.ts';

/** What a keeper works with. */
export interface KeepContext {
  readonly tally: Tally;
  readonly store: Store;
  /** The archive that the member lies in. */
  readonly parent: number | undefined;
  /** Called with the whole content; true when it is an archive and must be kept. */
  wanted(entry: Entry, bytes: Bytes): boolean;
}

/**
 * Takes a member's content: all of it when its beginning or its name is an archive's; else as much as is worth searching for an archive
 * behind other data.
 */
export function createKeeper(context: KeepContext, entry: Entry, options: KeepOptions): Keeper {
  const { tally, store, parent } = context;
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
      if (context.wanted(entry, draft.view())) draft.keep();
      else draft.drop();
    },
  };
}

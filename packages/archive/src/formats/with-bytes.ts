import type { Bytes } from '../bytes.ts';
import type { OpenArchive } from './format.ts';

/** The same archive, read from other bytes: for readers that want a header of another kind in front. */
export function withBytes(archive: OpenArchive, bytes: Bytes): OpenArchive {
  return {
    ...archive,
    bytes,
    get stopped() {
      return archive.stopped;
    },
    get full() {
      return archive.full;
    },
  };
}

import { statfs } from 'node:fs/promises';
import { describeError } from '@vratny/text';
import { withDeadline } from '@vratny/waiting';
import { SPOOL_ROOM_ASK_MS, SPOOL_ROOM_KEPT_MS, SPOOL_ROOM_MIN_BYTES } from './limits.ts';

/**
 * Tells at MAIL whether the disk of the spool has room for a message, so that a full disk is reported before the
 * transfer.
 */
export interface SpoolRoom {
  /** Whether a message of so many octets fits; true when the free space is not known. Never rejects. */
  fits(bytes: number): boolean | Promise<boolean>;
}

/** The source of the free space: the file system of a directory, or a function, which may reject. */
type SpoolRoomOptions = SpoolRoomReports & ({ readonly directory: string } | { readonly freeBytes: () => Promise<number> });

interface SpoolRoomReports {
  readonly monotonicMs: () => number;
  /** Called when the free space is not known, at most once per question to the disk. */
  readonly onFault: (detail: string) => void;
}

/** Asks at most once a second, for all sessions together. */
export function createSpoolRoom(options: SpoolRoomOptions): SpoolRoom {
  const { monotonicMs, onFault } = options;
  const freeBytes = 'freeBytes' in options ? options.freeBytes : () => freeBytesOf(options.directory);
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer: number | Promise<number> = Number.POSITIVE_INFINITY;

  const ask = async (): Promise<number> => {
    try {
      return await withDeadline(freeBytes(), SPOOL_ROOM_ASK_MS);
    } catch (error) {
      onFault(describeError(error));
      return Number.POSITIVE_INFINITY;
    }
  };
  return {
    fits(bytes) {
      const now = monotonicMs();
      if (now - askedAt >= SPOOL_ROOM_KEPT_MS) {
        askedAt = now;
        const asked = ask();
        answer = asked;
        void asked.then((free) => {
          if (answer === asked) answer = free;
        });
      }
      const suffices = (free: number) => free >= Math.max(bytes, SPOOL_ROOM_MIN_BYTES);
      return typeof answer === 'number' ? suffices(answer) : answer.then(suffices);
    },
  };
}

/** Free octets for an ordinary user on the file system of a directory. Rejects with what the system says. */
export async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

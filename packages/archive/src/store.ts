import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, bytesOf } from './bytes.ts';
import { KEPT_MAX_BYTES, MEMORY_KEPT_MAX_BYTES, MEMORY_MEMBER_MAX_BYTES } from './limits.ts';
import { createMachineWork, type MachineWork } from './reader-failure.ts';

/** Takes the octets of one member, in order. */
interface Draft {
  readonly sizeBytes: number;
  /** Returns false when there is no room; the caller then drops the draft. */
  write(chunk: Buffer): boolean;
  /** The octets so far. Must not be read after `drop`. */
  view(): Bytes;
  /** Keeps the octets until the store is closed. */
  keep(): Bytes;
  drop(): void;
}

/** Keeps unpacked members: small ones in memory, others in one unlinked file. One draft is open at a time. */
export interface Store {
  draft(): Draft;
  /** Releases everything; kept octets must not be read any more. Idempotent. */
  close(): void;
}

/**
 * Creates a store whose file lies in `directory`; without one everything stays in memory, which is for tests and small
 * programs. What its file cannot do is a failure of `machine`.
 */
export function createStore(directory: string | undefined, machine: MachineWork = createMachineWork()): Store {
  const memory = { keptBytes: 0 };
  const file = { descriptor: -1, endBytes: 0 };

  function draft(): Draft {
    const fileStart = file.endBytes;
    const head: Buffer[] = [];
    let sizeBytes = 0;
    let spilled = false;
    const inMemory = () =>
      directory === undefined || (sizeBytes <= MEMORY_MEMBER_MAX_BYTES && memory.keptBytes + sizeBytes <= MEMORY_KEPT_MAX_BYTES);
    function spill(chunk: Buffer): void {
      machine.run('the file for unpacked data', () => {
        if (file.descriptor === -1 && directory !== undefined) file.descriptor = openUnlinked(directory);
        for (let at = 0; at < chunk.length; ) at += writeSync(file.descriptor, chunk, at, chunk.length - at, file.endBytes + at);
      });
      file.endBytes += chunk.length;
    }
    const view = () =>
      spilled ? bytesOfFile({ descriptor: file.descriptor, offset: fileStart, sizeBytes, machine }) : bytesOf(Buffer.concat(head));
    return {
      view,
      get sizeBytes() {
        return sizeBytes;
      },
      write(chunk) {
        if (memory.keptBytes + fileStart + sizeBytes + chunk.length > KEPT_MAX_BYTES) return false;
        sizeBytes += chunk.length;
        // A copy: the caller reuses its buffer.
        if (!spilled && inMemory()) head.push(Buffer.from(chunk));
        else {
          if (!spilled) for (const one of head.splice(0)) spill(one);
          spilled = true;
          spill(chunk);
        }
        return true;
      },
      keep() {
        if (!spilled) memory.keptBytes += sizeBytes;
        return view();
      },
      drop() {
        head.length = 0;
        file.endBytes = fileStart;
      },
    };
  }
  return {
    draft,
    close() {
      if (file.descriptor !== -1) closeSync(file.descriptor);
      file.descriptor = -1;
      memory.keptBytes = 0;
    },
  };
}

function openUnlinked(directory: string): number {
  const path = join(directory, `archive-${randomBytes(12).toString('hex')}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  // A file without a name is deleted when the reader ends, in whatever way.
  unlinkSync(path);
  return descriptor;
}

/** A range of an open file, which stays open as long as this is used. */
interface FileRange {
  readonly descriptor: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly machine: MachineWork;
}

function bytesOfFile({ descriptor, offset, sizeBytes, machine }: FileRange): Bytes {
  return {
    sizeBytes,
    read(start, end) {
      const from = Math.max(0, start);
      const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(end, sizeBytes) - from));
      let filled = 0;
      while (filled < buffer.length) {
        const count = machine.run('reading unpacked data', () =>
          readSync(descriptor, buffer, filled, buffer.length - filled, offset + from + filled),
        );
        if (count === 0) break;
        filled += count;
      }
      return buffer.subarray(0, filled);
    },
  };
}

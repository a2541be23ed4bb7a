import { inspect } from '../inspect.ts';
import { KEPT_MAX_BYTES } from '../limits.ts';
import { createStore } from '../store.ts';
import type { Wasm } from '../wasm.ts';
import { type Answer, type PartHead, readPartHead, type Turn } from './messages.ts';

/** What inspecting takes. */
export interface TurnOptions {
  readonly directory: string;
  readonly wasm: Wasm;
}

/** A turn as a reader sees it: parts of one message, one after the other. */
export interface OpenTurn {
  /** Takes the next frame. An answer: a part is complete. `over`: the turn is. Undefined: more must come. */
  take(frame: Buffer): Promise<Answer | 'over' | undefined>;
  /** Gives back what an unfinished part holds. */
  close(): void;
}

/** Opens a turn. `take` rejects when a frame cannot be understood, when a part is too large, and when the disk is full. */
export function openTurn({ budget, before }: Turn, { directory, wasm }: TurnOptions): OpenTurn {
  let spent = before;
  let part: CollectedPart | undefined;

  async function answer({ head, bytes }: CollectedPart): Promise<Answer> {
    const start = performance.now();
    const elapsedMs = () => performance.now() - start;
    const inspected = await inspect(bytes(), head.names ?? [], { budget, before: spent, wasm, directory, elapsedMs });
    spent = inspected.spent;
    const { user, system } = process.cpuUsage();
    return { ...inspected, cpuMs: (user + system) / 1000 };
  }
  return {
    async take(frame) {
      if (part === undefined) {
        if (frame.length === 0) return 'over';
        part = collectPart(readPartHead(frame), directory);
      } else if (frame.length > 0) part.add(frame);
      else {
        const answered = await answer(part);
        part.close();
        part = undefined;
        return answered;
      }
      return undefined;
    },
    close: () => part?.close(),
  };
}

type CollectedPart = ReturnType<typeof collectPart>;

/** Gathers the bytes of one part: small ones in memory, larger ones in a file. */
function collectPart(head: PartHead, directory: string) {
  const store = createStore(directory);
  const draft = store.draft();
  return {
    head,
    add(chunk: Buffer) {
      if (!draft.write(chunk)) throw new RangeError(`an archive of more than ${KEPT_MAX_BYTES} bytes`);
    },
    bytes: () => draft.keep(),
    close: () => store.close(),
  };
}

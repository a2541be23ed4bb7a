import { bytesOf } from './bytes.ts';
import { ArchiveFault } from './fault.ts';
import { inspect } from './inspect.ts';
import { DEFAULT_BUDGET } from './limits.ts';
import type { Archives } from './port.ts';
import { installedWasm, type Wasm } from './wasm.ts';

/** Creates archives that are read in this process, on bytes in memory: for tests and small programs. It cannot be interrupted. */
export function createMemoryArchives(options: { readonly now?: () => number; readonly wasm?: Wasm } = {}): Archives {
  const { now = () => performance.now(), wasm = installedWasm() } = options;
  let closed = false;
  return {
    async list(source, { budget } = {}, signal) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of source.bytes) {
        signal?.throwIfAborted();
        chunks.push(chunk);
      }
      signal?.throwIfAborted();
      if (closed) throw new ArchiveFault('closed', 'closed before');
      const start = now();
      return await inspect(bytesOf(Buffer.concat(chunks)), source.name, {
        budget: { ...DEFAULT_BUDGET, ...budget },
        wasm,
        directory: undefined,
        elapsedMs: () => now() - start,
      });
    },
    close() {
      closed = true;
      return Promise.resolve();
    },
  };
}

import { type Cancellation, throwIfAborted } from '@vratny/waiting';
import { bytesOf } from './bytes.ts';
import { inspect } from './inspect.ts';
import { DEFAULT_BUDGET } from './limits.ts';
import { ArchiveFault, type ArchiveReport, type ArchiveSource, type Archives, NOTHING_SPENT, namesOf } from './port.ts';
import { ReaderFailure } from './reader-failure.ts';
import { installedWasm, type Wasm } from './wasm.ts';

/**
 * Creates archives that are read in this process, on bytes in memory: for tests and small programs. It cannot be
 * interrupted.
 */
export function createMemoryArchives(options: { readonly now?: () => number; readonly wasm?: Wasm } = {}): Archives {
  const { now = () => performance.now(), wasm = installedWasm() } = options;
  let closed = false;
  return {
    async list(sources, { budget } = {}, signal) {
      const options = { budget: { ...DEFAULT_BUDGET, ...budget }, wasm, directory: undefined };
      const reports: ArchiveReport[] = [];
      let before = NOTHING_SPENT;
      for (const source of sources) {
        const bytes = await gather(source, signal);
        if (closed) throw new ArchiveFault('closed', 'closed before');
        const start = now();
        const inspected = inspect(bytesOf(bytes), namesOf(source), { ...options, before, elapsedMs: () => now() - start });
        const { report, spent } = await inspected.catch(asFault);
        reports.push(report);
        before = spent;
      }
      return reports;
    },
    close() {
      closed = true;
      return Promise.resolve();
    },
  };
}

function asFault(error: unknown): never {
  throw error instanceof ReaderFailure ? new ArchiveFault('machine', error.message) : error;
}

async function gather({ bytes }: ArchiveSource, signal: Cancellation | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) {
    throwIfAborted(signal);
    // A copy: the source may use its buffer again.
    chunks.push(Buffer.from(chunk));
  }
  throwIfAborted(signal);
  return Buffer.concat(chunks);
}

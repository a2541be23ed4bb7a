import { readerWasm } from '@vratny/adapters/reader-wasm';
import { READER_FAILED, ReaderFailure, runReader } from '@vratny/archive/reader';

/** Reads archives for a worker until the worker closes its end: a process of its own, since archives are made by attackers. */
export async function runArchiveReader(directory: string): Promise<void> {
  try {
    await runReader({ input: process.stdin, output: process.stdout, directory, wasm: readerWasm() });
  } catch (error) {
    if (!(error instanceof ReaderFailure)) throw error;
    // The worker shows the line in its journal.
    process.stderr.write(`error: ${error.message}\n`, () => process.exit(READER_FAILED));
  }
}

import { readerWasm } from '@vratny/adapters/reader-wasm';
import { runReader } from '@vratny/archive/reader';

/** Reads archives for a worker until the worker closes its end: a process of its own, since archives are made by attackers. */
export async function runArchiveReader(directory: string): Promise<void> {
  await runReader({ input: process.stdin, output: process.stdout, directory, wasm: readerWasm() });
}

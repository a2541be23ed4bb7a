import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '@vratny/support/running-program';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';

/** A program that people unpack with. */
export interface Unpacker {
  readonly name: string;
  readonly command: string;
  arguments(file: string, folder: string): readonly string[];
}

const SEVEN_ZIP: Unpacker = { name: '7-Zip', command: '7z', arguments: (file, folder) => ['x', '-y', '-pclam', `-o${folder}`, file] };
const LIBARCHIVE: Unpacker = { name: 'libarchive', command: 'bsdtar', arguments: (file, folder) => ['-x', '-C', folder, '-f', file] };
const UNRAR: Unpacker = { name: 'unrar', command: 'unrar', arguments: (file, folder) => ['x', '-y', '-pclam', file, `${folder}/`] };

/** Those of Debian's main section, and unrar where it was installed from non-free. */
export async function findUnpackers(): Promise<readonly Unpacker[]> {
  const found = await runToEnd('sh', ['-c', 'command -v unrar']);
  return found.ending() === 0 ? [SEVEN_ZIP, LIBARCHIVE, UNRAR] : [SEVEN_ZIP, LIBARCHIVE];
}

/** Which of them get a file called `wanted` (in any case) out of `file`. */
export async function whoUnpacks(unpackers: readonly Unpacker[], file: string, wanted: string): Promise<readonly string[]> {
  using scratch = makeTemporaryFolder('unpack');
  const names: string[] = [];
  for (const unpacker of unpackers) {
    const folder = join(scratch.path, unpacker.command);
    mkdirSync(folder);
    // What it says of damaged files does not matter, what it leaves does.
    await runToEnd(unpacker.command, unpacker.arguments(file, folder));
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    if (files.some((path) => path.toLowerCase().split('/').at(-1) === wanted)) names.push(unpacker.name);
  }
  return names;
}

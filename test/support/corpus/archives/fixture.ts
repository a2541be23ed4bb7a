import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

const FOLDER = new URL('../../../../packages/archive/src/fixtures/', import.meta.url);

/** An archive that a real archiver made, as the archive package keeps it: a comment line, then base64 of the file in zstd. */
export function fixture(name: string): Buffer {
  const [, ...rows] = readFileSync(new URL(`${name}.b64`, FOLDER), 'latin1').split('\n');
  return zstdDecompressSync(Buffer.from(rows.join(''), 'base64'));
}

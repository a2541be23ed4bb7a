import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

/**
 * A file of `fixtures/` by its name without `.b64`: a comment line, then base64 of the file in zstd (`fixtures/make.py`
 * makes them).
 */
export function loadFixture(name: string): Buffer {
  const [, ...lines] = readFileSync(new URL(`fixtures/${name}.b64`, import.meta.url), 'latin1').split('\n');
  return zstdDecompressSync(Buffer.from(lines.join(''), 'base64'));
}

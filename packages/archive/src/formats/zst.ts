import { createZstdDecompress } from 'node:zlib';
import { type Format, signAt } from './format.ts';
import { impliedName } from './implied.ts';
import { unpackStream } from './stream.ts';

const EXTENSIONS = ['zst', 'tzst'];

/** Zstandard (RFC 8878 §3.1.1): one stream without a name. */
export const zst: Format = {
  kind: 'zst',
  extensions: EXTENSIONS,
  find: signAt('\x28\xb5\x2f\xfd'),
  async read(archive) {
    const entry = archive.add({ name: impliedName(archive.name, EXTENSIONS), implied: true });
    if (entry === undefined || archive.full) return;
    const progress = { readBytes: 0 };
    const keeper = archive.keep(entry, { packedBytes: () => progress.readBytes });
    const end = await unpackStream(archive.bytes, createZstdDecompress(), keeper, progress);
    keeper.end();
    if (end === 'error') archive.problem('error');
  },
};

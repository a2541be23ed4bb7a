import { createGunzip } from 'node:zlib';
import type { Bytes } from '../bytes.ts';
import { addImpliedNames } from '../member-name.ts';
import type { Format } from './format.ts';
import { unpackStream } from './stream.ts';

const EXTENSIONS = ['gz', 'tgz', 'tpz'];
const HEADER_BYTES = 10;
const DEFLATE = 8;
/** RFC 1952 §2.3.1: more flags than these must not be set. */
const FLAGS = 0x1f;
const HAS_EXTRA = 0x04;
const HAS_NAME = 0x08;
const NAME_MAX_BYTES = 1024;

/** gzip (RFC 1952): one stream, which may store a name. */
export const gz: Format = {
  kind: 'gz',
  extensions: EXTENSIONS,
  alsoNamed: ['svgz', 'emz', 'wmz'],
  find(_bytes, head) {
    const fits = head[0] === 0x1f && head[1] === 0x8b && head[2] === DEFLATE && ((head[3] ?? 0xff) & ~FLAGS) === 0;
    return fits ? { start: 0, certain: true } : undefined;
  },
  async read(archive) {
    const stored = storedName(archive.bytes);
    const implied = addImpliedNames(archive, EXTENSIONS);
    // Programs use one name or the other; the content belongs to the implied name.
    if (stored !== undefined && stored !== implied) archive.add({ name: stored });
    const entry = archive.add({ name: implied, implied: true });
    if (entry === undefined || archive.full) return;
    const progress = { readBytes: 0 };
    const keeper = archive.keep(entry, { packedBytes: () => progress.readBytes });
    const end = await unpackStream(archive.bytes, createGunzip(), keeper, progress);
    keeper.end();
    if (end === 'error') archive.problem('error');
  },
};

function storedName(bytes: Bytes): string | undefined {
  const header = bytes.read(0, HEADER_BYTES + 2);
  const flags = header[3] ?? 0;
  if ((flags & HAS_NAME) === 0) return undefined;
  const at = HEADER_BYTES + ((flags & HAS_EXTRA) === 0 ? 0 : 2 + header.readUInt16LE(HEADER_BYTES));
  const name = bytes.read(at, at + NAME_MAX_BYTES);
  const end = name.indexOf(0);
  const text = name.subarray(0, end === -1 ? name.length : end);
  return text.length === 0 ? undefined : text.toString();
}

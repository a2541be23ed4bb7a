import type { Bytes } from '../bytes.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import type { Format } from './format.ts';

const SECTOR_BYTES = 2048;
const FIRST_SECTOR = 16;
/**
 * Descriptors of the volume recognition sequence that are looked at: a disc has fewer than ten.
 */
const DESCRIPTORS_MAX = 1024;
/** Every identifier that may stand in the sequence (ECMA-167 2/9.1); it ends with the first sector that has none. */
const IDENTIFIERS = /^(?:BEA01|TEA01|NSR0[1-9]|CD001|CDW02|BOOT2)$/u;
/** A medium with large sectors has one descriptor in each. */
const LARGE_SECTOR_BYTES = 4096;

/** Where the anchor of a volume stands, in sectors of any size (ECMA-167 3/8.4.2.1). */
const ANCHOR_SECTOR = 256;
const SECTOR_SIZES = [512, 1024, 2048, 4096];
const ANCHOR_TAG = 2;
const TAG_BYTES = 16;

/**
 * UDF: a volume recognition sequence that names it, among the descriptors of ISO 9660 or alone, or the anchor, at which
 * readers begin that ignore the sequence. Many discs are ISO 9660 as well.
 */
export const udf: Format = {
  kind: 'udf',
  extensions: [],
  alsoNamed: ['img', 'udf'],
  find(bytes, head) {
    if (bytes.sizeBytes < FIRST_SECTOR * SECTOR_BYTES || head.length < FIRST_SECTOR * SECTOR_BYTES) return undefined;
    const named = namesUdf(bytes, SECTOR_BYTES) || namesUdf(bytes, LARGE_SECTOR_BYTES);
    return named || SECTOR_SIZES.some((size) => isAnchor(bytes, size * ANCHOR_SECTOR)) ? { start: 0, certain: true } : undefined;
  },
  read: (archive) => readWithSevenZip(archive, { type: 'Udf' }),
};

function namesUdf(bytes: Bytes, stepBytes: number): boolean {
  for (let count = 0; count < DESCRIPTORS_MAX; count += 1) {
    const at = FIRST_SECTOR * SECTOR_BYTES + count * stepBytes;
    const identifier = bytes.read(at + 1, at + 6).toString('latin1');
    if (identifier.startsWith('NSR')) return true;
    if (!IDENTIFIERS.test(identifier)) return false;
  }
  return false;
}

/** A tag with its checksum, which contains its own sector number (ECMA-167 3/7.2). */
function isAnchor(bytes: Bytes, at: number): boolean {
  const tag = bytes.read(at, at + TAG_BYTES);
  if (tag.length < TAG_BYTES || tag.readUInt16LE(0) !== ANCHOR_TAG || tag.readUInt32LE(12) !== ANCHOR_SECTOR) return false;
  let sum = 0;
  for (let index = 0; index < TAG_BYTES; index += 1) if (index !== 4) sum += tag[index] ?? 0;
  return (sum & 0xff) === tag[4];
}

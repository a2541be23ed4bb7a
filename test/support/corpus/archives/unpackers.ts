import { crc32, gzipSync } from 'node:zlib';
import { attached, attachedFile, BASE64, base64, type CorpusCase, PROGRAM } from '../case.ts';
import { fixture } from './fixture.ts';
import { paxHeader, tar, tarHeader, tarPadded } from './unix.ts';
import { type ZipFile, zip, zipPieces } from './zip.ts';

const EVIL = { name: 'evil.exe', data: PROGRAM };
const README = { name: 'readme.txt', data: Buffer.from('harmless\n') };

const sent = (imitates: string, content: Buffer, called = 'docs.bin'): CorpusCase => ({
  imitates: `unpackers: ${imitates}`,
  message: attachedFile(called, content),
});

const END = Buffer.alloc(1024);
const JUNK = Buffer.alloc(512, 'j');
const evilMember = (magic: boolean) => [tarHeader(EVIL.name, PROGRAM.length, '0', { magic }), tarPadded(PROGRAM)];
const hiddenBehind = (...front: readonly Buffer[]) => Buffer.concat([...front, ...evilMember(false), END]);
/** Octets of a member by its own header, where another header in front of it says 512. */
const OTHER_SIZE = JUNK.length + evilMember(false).reduce((sum, piece) => sum + piece.length, 0);

function withBinarySize(header: Buffer, field: readonly number[]): Buffer {
  const changed = Buffer.from(header);
  changed.fill(0, 124, 136);
  Buffer.from(field).copy(changed, 124);
  return withChecksum(changed);
}

function withChecksum(header: Buffer): Buffer {
  header.write('        ', 148, 'latin1');
  const sum = header.reduce((total, octet) => total + octet, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** A size in eleven octets behind the mark (GNU). */
const binary = (size: number): readonly number[] => [
  0x80,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  (size >>> 24) & 0xff,
  (size >>> 16) & 0xff,
  (size >>> 8) & 0xff,
  size & 0xff,
];

/** GNU's file with holes, whose map goes on in a block of its own. */
function sparse(): Buffer {
  const header = tarHeader('sparse.bin', 512, 'S');
  header[482] = 1;
  const map = Buffer.alloc(512);
  return Buffer.concat([withChecksum(header), map, JUNK, ...evilMember(true), END]);
}

const long = (name: string) => [tarHeader('././@LongLink', name.length + 1, 'L'), tarPadded(Buffer.from(`${name}\0`))];
const bigMember = tarHeader('a.txt', OTHER_SIZE, '0');
const emptyMember = tarHeader('a.txt', 0, '0');

/** Sizes that decide where the next header is. */
const SIZES: readonly CorpusCase[] = [
  ...(['docs.tar', 'docs.bin'] as const).map((called) =>
    sent(
      `tar: a size in a pax header, junk, and a header of version 7, called ${called}`,
      hiddenBehind(...paxHeader({ size: '512' }), bigMember, JUNK),
      called,
    ),
  ),
  sent('tar: a pax size where the header says nothing', hiddenBehind(...paxHeader({ size: '512' }), emptyMember, JUNK)),
  sent('tar: a pax size of nothing where the header covers the file', hiddenBehind(...paxHeader({ size: '0' }), bigMember)),
  sent('tar: a pax size for all members', hiddenBehind(...paxHeader({ size: '512' }, 'g'), bigMember, JUNK)),
  sent('tar: a pax size in front of a long name', hiddenBehind(...paxHeader({ size: '512' }), ...long('b.txt'), bigMember, JUNK)),
  sent('tar: a long name in front of a pax size', hiddenBehind(...long('b.txt'), ...paxHeader({ size: '512' }), bigMember, JUNK)),
  sent(
    'tar: two pax sizes, the last one counts',
    hiddenBehind(...paxHeader({ size: '51200' }), ...paxHeader({ size: '512' }), emptyMember, JUNK),
  ),
  sent('tar: a size in binary', hiddenBehind(withBinarySize(emptyMember, binary(512)), JUNK)),
  sent(
    'tar: a size in binary with octets in front that some do not read',
    hiddenBehind(withBinarySize(emptyMember, [0x80, 0, 1, ...binary(512).slice(3)]), JUNK),
  ),
  sent(
    'tar: a pax size and another in binary',
    hiddenBehind(...paxHeader({ size: '512' }), withBinarySize(emptyMember, binary(OTHER_SIZE)), JUNK),
  ),
  sent(
    'tar: a size with letters behind it',
    hiddenBehind(withChecksum(Buffer.concat([emptyMember.subarray(0, 124), Buffer.from('00000001000z'), emptyMember.subarray(136)])), JUNK),
  ),
  sent('tar: the map of a file with holes goes on', sparse()),
  sent('tar: a folder with data, behind which most read on', hiddenBehind(tarHeader('folder/', 512, '5'), JUNK)),
  sent('tar: a link with data, behind which some read on', hiddenBehind(tarHeader('link', 512, '1'), JUNK)),
  sent(
    'tar: no name but in the pax header',
    Buffer.concat([...paxHeader({ path: 'evil.exe' }), tarHeader('', PROGRAM.length, '0'), tarPadded(PROGRAM), END]),
    'docs.tar',
  ),
];

/** Puts the recognition sequence of UDF behind `count` other descriptors, and takes the file out of the tree of ISO 9660. */
function udfBehind(count: number): Buffer {
  const disc = Buffer.from(fixture('udf-good'));
  const sector = (index: number) => disc.subarray(index * 2048, (index + 1) * 2048);
  const sequence = [18, 19, 20].map((index) => Buffer.from(sector(index)));
  for (let index = 18; index < 18 + count; index += 1) {
    sector(index).fill(0);
    sector(index).write('\0CD001\x01', 'latin1');
  }
  for (const [index, one] of sequence.entries()) one.copy(sector(18 + count + index));
  // The directory of ISO 9660 keeps the records of the folder itself, of the one above and of readme.txt.
  const root = sector(disc.readUInt32LE(16 * 2048 + 156 + 2));
  let end = 0;
  for (let count = 0; count < 3; count += 1) end += root[end] ?? 0;
  root.fill(0, end);
  return disc;
}

/** Without the sequence: readers that begin at the anchor mount it all the same. */
function udfWithoutSequence(): Buffer {
  const disc = udfBehind(0);
  disc.fill(0, 16 * 2048, 24 * 2048);
  return disc;
}

const DISCS: readonly CorpusCase[] = [
  ...[0, 1, 2, 5, 9].map((count) => sent(`Windows: UDF behind ${count} more descriptors`, udfBehind(count), 'docs.iso')),
  sent('Windows: UDF behind 2 more descriptors, called otherwise', udfBehind(2)),
  sent('udfread: UDF without a recognition sequence', udfWithoutSequence(), 'docs.iso'),
];

const junk = Buffer.alloc(3000, 'junk of no kind ');
const SIGNS: Readonly<Record<string, string>> = {
  'a cabinet': 'MSCF\0\0\0\0',
  'a 7z': '7z\xbc\xaf\x27\x1c',
  'a rar': 'Rar!\x1a\x07\x01\0',
  'a member of a zip': 'PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0a.txt',
  'a tar': 'ustar\x0000',
  'an ISO 9660': 'CD001\x01',
  'an installer': '\x01\0\0\0\xef\xbe\xad\xdeNullsoftInst',
  'a cpio': '070701',
  'an arj': '\x60\xea',
  'an lzh': '-lh5-',
  nothing: '',
};

/** Called an archive, no archive that anything here reads, and in it the sign of another one. */
const CALLED: readonly CorpusCase[] = [
  ...Object.entries(SIGNS).flatMap(([what, sign]) =>
    ['docs.rar', 'docs.zip', 'docs.7z', 'docs.tar'].map((called) =>
      sent(`junk called ${called} with the sign of ${what}`, Buffer.concat([junk, Buffer.from(sign, 'latin1'), junk]), called),
    ),
  ),
  sent(
    'junk called docs.rar with a sign, in a zip',
    zip({ name: 'docs.rar', data: Buffer.concat([junk, Buffer.from('MSCF\0\0\0\0'), junk]) }),
    'a.zip',
  ),
  {
    imitates: 'unpackers: junk of which the second name says rar',
    message: attached(
      ['Content-Type: application/octet-stream; name="docs.rar"', BASE64, 'Content-Disposition: attachment; filename="docs.bin"'],
      [base64(junk)],
    ),
  },
  {
    imitates: 'unpackers: a packed file of which the second name tells what it holds',
    message: attached(
      ['Content-Type: application/gzip; name="evil.exe.gz"', BASE64, 'Content-Disposition: attachment; filename="docs.gz"'],
      [base64(gzipSync(PROGRAM))],
    ),
  },
];

/** An entry that says it needs a password and covers another one. */
function covered(change: (local: Buffer, central: Buffer) => void, inner = zipPieces([EVIL]).locals): Buffer {
  const front: ZipFile = { name: 'a.txt', data: inner, stored: true, encrypted: true };
  const pieces = zipPieces([front]);
  const [locals, central] = [Buffer.from(pieces.locals), Buffer.from(pieces.central)];
  change(locals, central);
  return Buffer.concat([locals, central, pieces.end]);
}

const COVERED: readonly CorpusCase[] = [
  sent(
    'zip: behind a password and a size of nothing stands another entry',
    covered((local) => local.writeUInt32LE(0, 18)),
    'docs.zip',
  ),
  sent(
    'zip: an entry behind a password covers another',
    covered(() => undefined),
    'docs.zip',
  ),
  sent(
    'zip: an entry of an unknown method covers another',
    covered((local, central) => {
      for (const [header, at] of [
        [local, 6],
        [central, 8],
      ] as const)
        header.writeUInt16LE(0, at);
      local.writeUInt16LE(97, 8);
      central.writeUInt16LE(97, 10);
      local.writeUInt32LE(0, 18);
    }),
    'docs.zip',
  ),
  sent(
    'zip: only the directory says that there is a password',
    covered((local) => {
      local.writeUInt16LE(0, 6);
      local.writeUInt32LE(0, 18);
    }),
    'docs.zip',
  ),
  sent(
    'zip: only the header in front of the data says that there is a password',
    covered((local, central) => {
      central.writeUInt16LE(0, 8);
      local.writeUInt32LE(0, 18);
    }),
    'docs.zip',
  ),
  sent(
    'zip: an entry behind a password covers an archive',
    covered(() => undefined, zip(EVIL)),
    'docs.zip',
  ),
];

/** Entries that say they are folders, and hold a file. */
const FOLDERS: readonly CorpusCase[] = [
  ...['evil.exe/', 'evil.exe//', 'evil.exe/.', 'evil.exe/./', 'evil.exe\\', 'evil.exe\\.', 'a/evil.exe/. ', 'evil.exe/././/'].map((name) =>
    sent(`zip: a file called ${JSON.stringify(name)}`, zip(README, { name, data: PROGRAM }), 'docs.zip'),
  ),
  sent('zip: a folder that holds data by the directory only', folderWithData(), 'docs.zip'),
  sent('zip: a folder in Unicode that holds data', zip(README, { name: 'a.txt', unicodeName: 'evil.exe/', data: PROGRAM }), 'docs.zip'),
  sent('tar: a folder that holds data', tar([{ name: 'evil.exe/', data: PROGRAM }], { type: '5', names: 'v7' }), 'docs.tar'),
  sent(
    'tar: a packed folder that holds data',
    gzipSync(tar([{ name: 'evil.exe', data: PROGRAM }], { type: '5', names: 'v7' })),
    'docs.tgz',
  ),
  sent('rar: a folder that holds data', rarFolder(), 'docs.rar'),
];

function folderWithData(): Buffer {
  const pieces = zipPieces([{ name: 'evil.exe/', data: PROGRAM }]);
  const locals = Buffer.from(pieces.locals);
  locals.writeUInt32LE(0, 18);
  locals.writeUInt32LE(0, 22);
  return Buffer.concat([locals, pieces.central, pieces.end]);
}

/** RAR 5, whose entry run.exe has the flag of a folder. */
function rarFolder(): Buffer {
  return withFolderFlags(fixture('rar5-good'));
}

/** Sets the flag in every file header (type 2) and mends its checksum. */
function withFolderFlags(archive: Buffer): Buffer {
  const bytes = Buffer.from(archive);
  for (let at = 8; at + 8 < bytes.length; ) {
    const size = bytes[at + 4] ?? 0;
    const [type, flags] = [bytes[at + 5], bytes[at + 6] ?? 0];
    const end = at + 5 + size;
    // Type, flags, perhaps the size of the extra area, that of the data, then the flags of the file: all below 128 here.
    const hasExtra = (flags & 1) !== 0 ? 1 : 0;
    const data = (flags & 2) !== 0 ? (bytes[at + 7 + hasExtra] ?? 0) : 0;
    if (type === 2) {
      const fileFlags = at + 8 + hasExtra;
      bytes[fileFlags] = (bytes[fileFlags] ?? 0) | 1;
      bytes.writeUInt32LE(crc32(bytes.subarray(at + 4, end)), at);
    }
    at = end + data;
  }
  return bytes;
}

/** What only some unpackers show, since they read sizes, flags and descriptors in a way of their own. */
export const UNPACKER_CASES: readonly CorpusCase[] = [...SIZES, ...DISCS, ...CALLED, ...COVERED, ...FOLDERS];

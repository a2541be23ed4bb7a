import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { attachedFile, type CorpusCase, lines, PROGRAM, RUN_EXE } from '../case.ts';
import { fixture } from './fixture.ts';
import { zipTree } from './large.ts';
import { quineZip } from './quine.ts';
import { ar, cpio, gzipNamed, tar } from './unix.ts';
import { type ZipFile, zip, zipPieces } from './zip.ts';

const RUN: ZipFile = { name: 'run.exe', data: PROGRAM };
const README: ZipFile = { name: 'readme.txt', data: Buffer.from('harmless\n') };
const HARMLESS = zip(README);

const sent = (imitates: string, content: Buffer, called = 'a.zip'): CorpusCase => ({ imitates, message: attachedFile(called, content) });
const joined = (...files: readonly ZipFile[]) => zipPieces(files);

/** A zip whose central directory lists other files than the data holds. */
function otherDirectory(): Buffer {
  const shown = joined(README);
  return Buffer.concat([joined(README, RUN).locals, shown.central, endFor(shown.central, joined(README, RUN).locals.length)]);
}

function endFor(central: Buffer, offset: number): Buffer {
  const end = Buffer.from(joined(README).end);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

/** Zip archives that different programs read differently. */
const ZIPS: readonly CorpusCase[] = [
  sent('zip: deflated', zip(README, RUN)),
  sent('zip: stored', zip({ ...RUN, stored: true })),
  sent('zip: in folders', zip({ ...RUN, name: 'a/b/c/run.exe' })),
  sent('zip: with backslashes', zip({ ...RUN, name: 'a\\b\\run.exe' })),
  sent('zip: climbing out', zip({ ...RUN, name: '../../run.exe' })),
  sent('zip: a trailing dot', zip({ ...RUN, name: 'run.exe.' })),
  sent('zip: NUL in the name', zip({ ...RUN, name: 'run.exe\0.txt' })),
  sent('zip: right-to-left override', zip({ ...RUN, name: 'invoice\u202efdp.exe' })),
  sent('zip: forbidden in the central directory only', zip({ ...RUN, name: 'a.txt', centralName: 'run.exe' })),
  sent('zip: forbidden in front of the data only', zip({ ...RUN, centralName: 'a.txt' })),
  sent('zip: forbidden in the Unicode field only', zip({ ...RUN, name: 'a.txt', unicodeName: 'run.exe' })),
  sent('zip: harmless in the Unicode field', zip({ ...RUN, unicodeName: 'a.txt' })),
  sent('zip: not listed in the central directory', zip(README, { ...RUN, unlisted: true })),
  sent('zip: a directory that lists less', otherDirectory()),
  sent('zip: no central directory', joined(README, RUN).locals),
  sent('zip: no end record', Buffer.concat([joined(README, RUN).locals, joined(README, RUN).central])),
  sent('zip: zip64', zip({ ...RUN, zip64: true })),
  sent('zip: sizes behind the data', zip({ ...RUN, descriptor: true })),
  sent('zip: an unknown method', zip({ ...RUN, method: 99 })),
  sent('zip: other data in front', Buffer.concat([Buffer.alloc(5000, 'x'), zip(RUN)])),
  sent('zip: an image in front', Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(3000, 1), zip(RUN)]), 'a.gif'),
  sent('zip: a program in front, called harmless', Buffer.concat([PROGRAM, zip(RUN)]), 'a.bin'),
  sent('zip: other data behind', Buffer.concat([zip(RUN), Buffer.alloc(5000, 'x')])),
  sent(
    'zip: a comment that looks like an end',
    Buffer.concat([joined(RUN).locals, joined(RUN).central, joined(RUN).end, joined(README).end]),
  ),
  sent('zip: two archives, the second harmless', Buffer.concat([zip(RUN), HARMLESS])),
  sent('zip: two archives, the first harmless', Buffer.concat([HARMLESS, zip(RUN)])),
  sent('zip: another file behind a password', zip({ ...README, encrypted: true }, RUN)),
  sent('zip: the same name twice', zip({ ...RUN, name: 'a.txt' }, { ...RUN, name: 'a.txt', centralName: 'run.exe' })),
  sent('zip: nothing in it', zip()),
  sent(
    'zip: an Office document with a program',
    zip({ name: '[Content_Types].xml', data: README.data }, { ...RUN, name: 'word/embeddings/run.exe' }),
    'a.docx',
  ),
  sent('zip: called .jar inside', zip({ ...RUN, name: 'library.jar' })),
  sent('zip: an .eml inside is named', zip({ name: 'mail.eml', data: lines(...RUN_EXE) }, RUN)),
];

const NAMED = { name: 'run.exe', data: PROGRAM };
const OTHER = { name: 'a.txt', data: README.data };
const deflated = deflateRawSync(PROGRAM);
const trailerOf = (bytes: Buffer) => gzipSync(bytes).subarray(-8);

/** Archives of Unix and compressed single files. */
const UNIX: readonly CorpusCase[] = [
  sent('tar: GNU long name', tar([{ ...NAMED, name: `${'d/'.repeat(80)}run.exe` }], { names: 'gnu' }), 'a.tar'),
  sent('tar: pax path', tar([NAMED], { names: 'pax' }), 'a.tar'),
  sent('tar: prefix field', tar([{ ...NAMED, name: 'a/b/run.exe' }], { names: 'prefix' }), 'a.tar'),
  sent('tar: of version 7', tar([OTHER, NAMED], { names: 'v7' }), 'a.tar'),
  sent('tar: a link of that name', tar([NAMED], { type: '2' }), 'a.tar'),
  sent('tar: second archive behind the first', Buffer.concat([tar([OTHER]), tar([NAMED])]), 'a.tar'),
  sent('tar: gzip, called .tgz', gzipSync(tar([NAMED])), 'a.tgz'),
  sent('tar: gzip, called .txt', gzipSync(tar([NAMED])), 'a.txt'),
  sent('tar: zstd', zstdCompressSync(tar([NAMED])), 'a.tar.zst'),
  sent('tar: gzip in gzip', gzipSync(gzipSync(tar([NAMED]))), 'a.tar.gz.gz'),
  sent('tar: two gzip members', Buffer.concat([gzipSync(tar([OTHER]).subarray(0, 1024)), gzipSync(tar([NAMED]))]), 'a.tar.gz'),
  sent('gzip: the stored name', gzipNamed(deflated, 'run.exe', trailerOf(PROGRAM)), 'a.gz'),
  sent('gzip: the name without .gz', gzipSync(PROGRAM), 'run.exe.gz'),
  sent('bzip2: the name without .bz2', fixture('tar-bz2-good'), 'run.exe.bz2'),
  sent('xz: the name without .xz', fixture('tar-xz-good'), 'run.exe.xz'),
  sent('zstd: the name without .zst', zstdCompressSync(PROGRAM), 'run.exe.zst'),
  sent('cpio: newc', cpio([OTHER, NAMED]), 'a.cpio'),
  sent('cpio: odc', cpio([OTHER, NAMED], 'odc'), 'a.cpio'),
  sent('ar: System V', ar([OTHER, NAMED]), 'a.a'),
  sent('ar: BSD', ar([OTHER, NAMED], { bsd: true }), 'a.a'),
  sent(
    'deb: its data',
    ar([
      { name: 'debian-binary', data: Buffer.from('2.0\n') },
      { name: 'data.tar.gz', data: gzipSync(tar([NAMED])) },
    ]),
    'a.deb',
  ),
];

/** Zips in zips, the innermost with the file. */
function nested(levels: number, innermost = zip(RUN)): Buffer {
  let archive = innermost;
  for (let level = 1; level < levels; level += 1) archive = zip({ name: `level-${level}.zip`, data: archive, stored: true });
  return archive;
}

const MIB = 1024 * 1024;

/** Archives in archives, and what is made to hurt. */
const DEEP: readonly CorpusCase[] = [
  ...[2, 3, 5, 8, 9, 12].map((levels) => sent(`zips in zips, ${levels} deep`, nested(levels))),
  sent(
    'every kind inside the next',
    zip({ name: 'a.tar.gz', data: gzipSync(tar([{ name: 'b.cpio', data: cpio([{ name: 'c.7z', data: fixture('7z-good') }]) }])) }),
  ),
  sent('an archive called harmless in an archive', zip({ name: 'photo.jpg', data: zip(RUN) })),
  sent('a rar in a zip', zip({ name: 'a.rar', data: fixture('rar5-good') })),
  sent('an iso in a tar', tar([{ name: 'a.iso', data: fixture('iso-good') }]), 'a.tar'),
  sent('an unknown archive in a zip', zip({ name: 'a.ace', data: fixture('ace-good') })),
  sent('a broken archive in a zip', zip({ name: 'a.zip', data: HARMLESS.subarray(0, 40) })),
  sent('a zip that holds itself', quineZip()),
  sent('a tree of zips, as 42.zip is made', zipTree(16, 5, 4 * MIB)),
  sent('a bomb of zeros', zip(...Array.from({ length: 80 }, (_, index) => ({ name: `${index}.txt`, data: Buffer.alloc(4 * MIB) })))),
  sent('a gzip bomb', gzipSync(Buffer.alloc(160 * MIB)), 'a.gz'),
  sent('a file that says it is larger than everything', zip({ ...README, declaredBytes: 0xfffffff0 })),
  sent('called .zip and no archive', Buffer.from('this is no archive at all, only its name says so')),
];

/** Archives that carry a forbidden file, or hide what they carry. */
export const MADE_CASES: readonly CorpusCase[] = [...ZIPS, ...UNIX, ...DEEP];

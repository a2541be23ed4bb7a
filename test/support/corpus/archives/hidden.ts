import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { attachedFile, BASE64, base64, type CorpusCase, lines, PROGRAM, RUN_EXE } from '../case.ts';
import { tnef, uuencode } from '../mime/writers.ts';
import { fixture } from './fixture.ts';
import { cpio, tar } from './unix.ts';
import { zip, zipPieces } from './zip.ts';

const RUN = { name: 'run.exe', data: PROGRAM };
const README = { name: 'readme.txt', data: Buffer.from('harmless\n') };

/** `shows`: the unpacker that shows run.exe when the file is called `a.bin`. */
const hidden = (shows: string, imitates: string, content: Buffer): CorpusCase => ({
  imitates: `${shows} shows: ${imitates}`,
  message: attachedFile('a.bin', content),
});

const octets = (text: string) => Buffer.from(text, 'latin1');
const STUB = Buffer.concat([octets('MZ'), Buffer.alloc(4094)]);
const behind = (...pieces: readonly Buffer[]) => Buffer.concat([STUB, ...pieces]);

const RAR_SIGN = 'Rar!\x1a\x07';

/** Where an archive begins, and what misleads about it. */
const PLACES: readonly CorpusCase[] = [
  ...['rar4', 'rar5'].flatMap((name) => [
    hidden('unrar', `${name} behind a sign of no version`, behind(octets(`${RAR_SIGN}\xff`), Buffer.alloc(3000), fixture(`${name}-good`))),
    hidden('7-Zip', `${name} behind a sign without a header`, behind(octets(`${RAR_SIGN}\0`), Buffer.alloc(3000), fixture(`${name}-good`))),
  ]),
  hidden('7-Zip', '7z behind a sign without a header', behind(octets('7z\xbc\xaf\x27\x1c'), Buffer.alloc(3000), fixture('7z-good'))),
  hidden('7-Zip', 'cab behind a sign without a header', behind(octets('MSCF\0\0\0\0'), Buffer.alloc(3000), fixture('cab-good'))),
  hidden('7-Zip', 'cab behind data that is no program', Buffer.concat([Buffer.alloc(3000, 'x'), fixture('cab-good')])),
  hidden('7-Zip', 'arj behind a program', behind(fixture('arj-good'))),
  hidden('libarchive', 'lzh behind a program', behind(fixture('lzh-good'))),
  hidden('7-Zip', 'tar behind a script', Buffer.concat([octets('#!/bin/sh\ntail -c +43 "$0" | tar x\nexit 0\n'), tar([README, RUN])])),
  hidden('7-Zip', 'tar behind a block of zeros', Buffer.concat([Buffer.alloc(512), tar([README, RUN])])),
  hidden(
    '7-Zip',
    'installer behind a sign with other flags',
    behind(octets('\xff\xff\xff\xff\xef\xbe\xad\xdeNullsoftInst'), Buffer.alloc(3000), fixture('nsis-good')),
  ),
];

const TAR = tar([README, RUN]);
const SKIPPABLE = octets('\x50\x2a\x4d\x18\x10\0\0\0................');

/** Names and contents that only one way of reading shows. */
const VIEWS: readonly CorpusCase[] = [
  hidden('libarchive', 'zst behind a frame for nobody', Buffer.concat([SKIPPABLE, zstdCompressSync(TAR)])),
  hidden('libarchive', 'zst in two frames', Buffer.concat([zstdCompressSync(TAR.subarray(0, 700)), zstdCompressSync(TAR.subarray(700))])),
  hidden('libarchive', 'tar with a name for files with holes', tar([RUN], { names: 'sparse' })),
  hidden('libarchive', 'cpio whose inode has the digits 8 and 9', withInode(cpio([README, RUN]), '00809aef')),
  hidden('libarchive', 'xar with names in Base64', xarInBase64()),
  hidden('libarchive', 'iso whose Joliet tree lacks the file', fixture('iso-two-trees')),
  hidden('Windows', 'iso whose Rock Ridge has another name', fixture('iso-two-names')),
];

function withInode(archive: Buffer, inode: string): Buffer {
  const changed = Buffer.from(archive);
  changed.write(inode, 6, 'latin1');
  return changed;
}

/** A file stored as it is, whose name the table of contents keeps in Base64 (as libarchive writes names that XML cannot hold). */
function xarInBase64(): Buffer {
  const data = `<data><length>${PROGRAM.length}</length><offset>0</offset><size>${PROGRAM.length}</size><encoding style="application/octet-stream"/></data>`;
  const name = Buffer.from(RUN.name).toString('base64');
  const toc = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><xar><toc><file id="1">${data}<type>file</type><name enctype="base64">${name}</name></file></toc></xar>`,
  );
  const packed = deflateSync(toc);
  const head = Buffer.alloc(28);
  head.write('xar!', 0, 'latin1');
  head.writeUInt16BE(head.length, 4);
  head.writeUInt16BE(1, 6);
  head.writeBigUInt64BE(BigInt(packed.length), 8);
  head.writeBigUInt64BE(BigInt(toc.length), 16);
  return Buffer.concat([head, packed, PROGRAM]);
}

const EML = lines(
  'From: a@sender.test',
  'Subject: inner',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="bb"',
  '',
  '--bb',
  ...RUN_EXE,
  '--bb--',
);
const ZIPPED_EML = lines(
  'From: a@sender.test',
  'Subject: inner',
  'Content-Type: application/zip; name="a.zip"',
  BASE64,
  '',
  base64(zip(RUN)),
);

/** Messages in archives, which a reader of mail opens by a double click. */
const MESSAGES: readonly CorpusCase[] = [
  hidden('Outlook', 'a message in a zip', zip({ name: 'forwarded.eml', data: EML })),
  hidden('Outlook', 'a message in a packed tar', gzipSync(tar([{ name: 'forwarded.eml', data: EML }]))),
  hidden('Outlook', 'a zip in a message in a zip', zip({ name: 'forwarded.eml', data: ZIPPED_EML })),
  hidden(
    'Outlook',
    'a message in a zip in a message in a zip',
    zip({
      name: 'a.eml',
      data: lines(
        'From: a@sender.test',
        'Subject: x',
        'Content-Type: application/zip',
        BASE64,
        '',
        base64(zip({ name: 'b.eml', data: EML })),
      ),
    }),
  ),
  hidden(
    'Outlook',
    'a message with line ends of Unix in a zip',
    zip({ name: 'forwarded.eml', data: Buffer.from(EML.toString('latin1').replaceAll('\r\n', '\n'), 'latin1') }),
  ),
  hidden(
    'Outlook',
    'winmail.dat in a message in a zip',
    zip({ name: 'a.eml', data: attachedFile('winmail.dat', tnef([RUN]), 'application/ms-tnef') }),
  ),
];

const HARMLESS_TAR = tar([README]);
const JUNK = Buffer.alloc(4 * 1024 * 1024 + 100, 'junk ');
const { locals } = zipPieces([README, RUN]);

/** Behind something that is an archive by itself, or farther behind than self-extracting programs have theirs. */
const BEHIND: readonly CorpusCase[] = [
  ...['7z', 'cab', 'lzh', 'iso', 'cpio'].map((name) =>
    hidden('unzip', `a zip behind ${name}`, Buffer.concat([fixture(`${name}-bomb`), zip(RUN)])),
  ),
  hidden('unzip', 'a zip behind a tar', Buffer.concat([HARMLESS_TAR, zip(RUN)])),
  hidden('cabextract', 'a cab behind a zip', Buffer.concat([zip(README), fixture('cab-good')])),
  ...['7z', 'cab', 'lzh', 'arj', 'cpio', 'rar5'].map((name) =>
    hidden('7-Zip', `${name} behind 4 MiB`, Buffer.concat([JUNK, fixture(`${name}-good`)])),
  ),
  hidden('7-Zip', 'a zip with 4 MiB on both sides', Buffer.concat([JUNK, zip(RUN), JUNK])),
  hidden(
    '7-Zip',
    'a zip behind which stand ends without a directory',
    Buffer.concat([JUNK, zip(RUN), Buffer.from('PK\u0005\u0006....'.repeat(200))]),
  ),
  hidden('7-Zip', 'a zip without a directory behind other data', Buffer.concat([JUNK, locals, JUNK])),
  hidden('cpio', 'a cpio behind a few octets', Buffer.concat([octets('junk'), cpio([README, RUN])])),
];

/** An archive with octets of zero put in, where run.exe stands behind them: not every program stops there. */
function damaged(name: string, at: number, count: number): Buffer {
  const bytes = fixture(name);
  return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(count), bytes.subarray(at)]);
}

const DAMAGED: readonly CorpusCase[] = [
  hidden('7-Zip', 'iso behind four octets', Buffer.concat([octets('junk'), fixture('iso-good')])),
  hidden('LHa', 'lzh with an octet between two members', damaged('lzh-good', 81, 1)),
  hidden('libarchive', 'cpio with octets in a file', damaged('cpio-good', 140, 3)),
];

/** Called so, programs open it whatever it begins with. */
const CALLED: readonly CorpusCase[] = [
  ...(
    [
      [
        'one field of its header',
        'a.eml',
        lines('X-A: b', 'Content-Type: multipart/mixed; boundary="bb"', '', '--bb', ...RUN_EXE, '--bb--'),
      ],
      ['a byte order mark', 'a.eml', Buffer.concat([octets('\xef\xbb\xbf'), EML])],
      ['a blank line in front', 'a.mht', Buffer.concat([octets('\r\n'), EML])],
      ['a line of a mailbox in front', 'a.eml', Buffer.concat([octets('From a@sender.test Mon Jan  1 00:00:00 2024\r\n'), EML])],
    ] as const
  ).map(([what, name, data]) => hidden('Thunderbird', `a message in a zip with ${what}`, zip({ name, data }))),
  hidden('WinZip', 'uuencode in a zip', zip({ name: 'a.uue', data: Buffer.from(uuencode(PROGRAM, 'run.exe')) })),
  hidden('ytnef', 'winmail.dat in a zip', zip({ name: 'winmail.dat', data: tnef([RUN]) })),
];

/** What an unpacker shows as run.exe and a program that looks at the beginning, or at one of several views, does not. */
export const HIDDEN_CASES: readonly CorpusCase[] = [...PLACES, ...VIEWS, ...MESSAGES, ...BEHIND, ...DAMAGED, ...CALLED];

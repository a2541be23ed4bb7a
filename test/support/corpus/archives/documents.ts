import { attachedFile, type CorpusCase, PROGRAM } from '../case.ts';
import { fixture } from './fixture.ts';
import { zip } from './zip.ts';

const u16 = (value: number) => Buffer.from([value & 0xff, value >>> 8]);
const u32 = (value: number) => Buffer.concat([u16(value & 0xffff), u16(value >>> 16)]);
const sized = (text: string) => Buffer.concat([u32(text.length + 1), Buffer.from(`${text}\0`)]);

/** An embedded object as it stands in rich text (MS-OLEDS §2.2.5): a package of a file. */
function packageObject(label: string, path: string, data: Buffer): Buffer {
  const temporary = 'C:\\Temp\\a.tmp\0';
  const native = Buffer.concat([
    u16(2),
    Buffer.from(`${label}\0${path}\0`),
    u16(0),
    u16(3),
    u32(temporary.length),
    Buffer.from(temporary),
    u32(data.length),
    data,
  ]);
  return Buffer.concat([u32(0x501), u32(2), sized('Package'), u32(0), u32(0), u32(native.length), native]);
}

const PACKAGE = packageObject('run.exe', 'C:\\x\\run.exe', PROGRAM);
const ZIPPED = packageObject('photo.bin', 'C:\\x\\photo.bin', zip({ name: 'run.exe', data: PROGRAM }));
const COMPOUND = Buffer.concat([
  u32(0x501),
  u32(2),
  sized('Word.Document.8'),
  u32(0),
  u32(0),
  u32(fixture('ole-package').length),
  fixture('ole-package'),
]);

const HEAD = '{\\rtf1\\ansi\\deff0 Hello\\par ';
const object = (data: string, before = '') =>
  Buffer.from(
    `${HEAD}${before}{\\object\\objemb\\objw100\\objh100{\\*\\objclass Package}{\\*\\objdata ${data}}{\\result{\\pict}}}}`,
    'latin1',
  );
const hex = (bytes: Buffer) => bytes.toString('hex');
const inLines = (text: string) => text.replace(/(.{64})/gu, '$1\r\n');

const TEXTS: Readonly<Record<string, Buffer>> = {
  'a package': object(inLines(hex(PACKAGE))),
  'a package in upper case': object(hex(PACKAGE).toUpperCase()),
  'a package with spaces in its digits': object(hex(PACKAGE).replace(/(..)/gu, '$1 ')),
  'a package with groups in its digits': object(hex(PACKAGE).replace(/(.{32})/gu, '$1{\\b0}')),
  'a package with control words in its digits': object(hex(PACKAGE).replace(/(.{32})/gu, '$1\\lang1033 ')),
  'a package as octets': Buffer.concat([Buffer.from(`${HEAD}{\\object{\\*\\objdata\\bin${PACKAGE.length} `), PACKAGE, Buffer.from('}}}')]),
  'a package of an archive': object(hex(ZIPPED)),
  'a package of whose two names one is forbidden': object(hex(packageObject('photo.jpg', 'C:\\x\\run.exe', PROGRAM))),
  'a compound file': object(hex(COMPOUND)),
  'the second of two packages': object(hex(PACKAGE), `{\\object{\\*\\objdata ${hex(packageObject('a.txt', 'a.txt', PROGRAM))}}}`),
  'a package and no end': object(hex(PACKAGE)).subarray(0, -4),
};

const sent = (imitates: string, content: Buffer, called: string): CorpusCase => ({
  imitates: `documents: ${imitates}, called ${called}`,
  message: attachedFile(called, content),
});

/** Files that were dragged into documents: who opens the document opens them with a click. */
export const DOCUMENT_CASES: readonly CorpusCase[] = [
  ...Object.entries(TEXTS).flatMap(([what, text]) =>
    ['letter.rtf', 'letter.doc', 'photo.bin'].map((called) => sent(`rich text with ${what}`, text, called)),
  ),
  ...['ole-presentation', 'ole-presentation-plain', 'ole-package'].flatMap((name) =>
    ['slides.ppt', 'slides.pps', 'photo.bin'].map((called) => sent(name, fixture(name), called)),
  ),
  sent('rich text in a zip', zip({ name: 'letter.rtf', data: TEXTS['a package'] ?? PROGRAM }), 'a.zip'),
  sent('a presentation in a zip', zip({ name: 'slides.ppt', data: fixture('ole-presentation') }), 'a.zip'),
];

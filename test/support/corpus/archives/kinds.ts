import { attachedFile, type CorpusCase } from '../case.ts';
import { fixture } from './fixture.ts';

/** Archives with `readme.txt` and `run.exe` by real archivers, and how each is usually called. */
const KINDS: readonly (readonly [fixture: string, called: string])[] = [
  ['zip-good', 'a.zip'],
  ['7z-good', 'a.7z'],
  ['rar4-good', 'a.rar'],
  ['rar5-good', 'a.rar'],
  ['rar4-stub', 'a.bin'],
  ['rar5-stub', 'a.bin'],
  ['tar-good', 'a.tar'],
  ['tar-gz-good', 'a.tar.gz'],
  ['tar-bz2-good', 'a.tar.bz2'],
  ['tar-xz-good', 'a.tar.xz'],
  ['tar-lzma-good', 'a.tar.lzma'],
  ['tar-zst-good', 'a.tar.zst'],
  ['tar-z-good', 'a.tar.Z'],
  ['cab-good', 'a.cab'],
  ['iso-good', 'a.iso'],
  ['udf-good', 'a.iso'],
  ['arj-good', 'a.arj'],
  ['lzh-good', 'a.lzh'],
  ['wim-good', 'a.wim'],
  ['cpio-good', 'a.cpio'],
  ['ar-good', 'a.deb'],
  ['rpm-good', 'a.rpm'],
  ['xar-good', 'a.xar'],
  ['ole-good', 'a.msi'],
  ['ole-package', 'a.doc'],
  ['disk-good', 'a.img'],
  ['tar-lz4-good', 'a.tar.lz4'],
  ['tar-lzip-good', 'a.tar.lz'],
  ['nsis-stub', 'setup.bin'],
  ['zip-deep', 'a.zip'],
];

/** Archives of which nothing can be said but that: also refused. */
const UNREADABLE: readonly (readonly [fixture: string, called: string])[] = [['ace-good', 'a.ace']];

const cut = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length * 0.6));

/** The bytes of every kind. */
export const KIND_ARCHIVES: readonly Buffer[] = KINDS.map(([name]) => fixture(name));

/** Every kind: by its own name, called something harmless, with a harmless type, and cut off. */
export const KIND_CASES: readonly CorpusCase[] = [
  ...KINDS.map(([name, called]) => ({ imitates: `${name} called ${called}`, message: attachedFile(called, fixture(name)) })),
  ...KINDS.map(([name]) => ({ imitates: `${name} called photo.jpg`, message: attachedFile('photo.jpg', fixture(name), 'image/jpeg') })),
  ...KINDS.filter(([name]) => !name.endsWith('-stub')).map(([name, called]) => ({
    imitates: `${name} called ${called}, cut off after three fifths`,
    message: attachedFile(called, cut(fixture(name))),
  })),
  ...UNREADABLE.map(([name, called]) => ({ imitates: `${name} called ${called}`, message: attachedFile(called, fixture(name)) })),
];

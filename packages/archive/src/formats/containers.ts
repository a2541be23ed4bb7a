import type { Bytes } from '../bytes.ts';
import { findFirst } from '../find.ts';
import { STUB_MAX_BYTES } from '../limits.ts';
import type { ArchiveKind } from '../port.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, type Place, signAt } from './format.ts';

/** Archives that are known by a signature and read by 7-Zip alone. */
interface Container {
  readonly kind: ArchiveKind;
  /** 7-Zip's name of the format. */
  readonly type: string;
  readonly extensions: readonly string[];
  readonly find: (bytes: Bytes, head: Buffer) => Place | undefined;
}

/** A signature that counts behind other data too, as in programs that unpack themselves. Of several 7-Zip finds the true one. */
function anywhere(sign: string): Container['find'] {
  const wanted = Buffer.from(sign, 'latin1');
  return (bytes) => {
    const start = findFirst(bytes, wanted, 0, STUB_MAX_BYTES);
    return start === undefined ? undefined : { start, certain: start === 0 };
  };
}

const ROWS: readonly Container[] = [
  { kind: '7z', type: '7z', extensions: ['7z'], find: anywhere('7z\xbc\xaf\x27\x1c') },
  // Microsoft's cabinet.
  { kind: 'cab', type: 'Cab', extensions: ['cab'], find: anywhere('MSCF\0\0\0\0') },
  // Windows images.
  { kind: 'wim', type: 'wim', extensions: ['wim', 'swm', 'esd'], find: signAt('MSWIM\0\0\0') },
  // A package of RPM: one compressed cpio.
  { kind: 'rpm', type: 'Rpm', extensions: ['rpm'], find: signAt('\xed\xab\xee\xdb') },
  // Compiled HTML help.
  { kind: 'chm', type: 'Chm', extensions: ['chm'], find: signAt('ITSF\x03\0\0\0\x60\0\0\0') },
];

/** 7z, cabinets, Windows images, RPM packages, compiled help. */
export const CONTAINERS: readonly Format[] = ROWS.map(({ type, ...row }) => ({
  ...row,
  read: (archive) => readWithSevenZip(archive, { type }),
}));

/** ACE is recognised and not read: its only unpacker was given up after the holes of 2019. */
export const ACE: Format = {
  kind: 'ace',
  extensions: ['ace'],
  find: signAt('**ACE**', 7),
  read: (archive) => archive.problem('unsupported'),
};

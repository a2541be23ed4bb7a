/** What differs when all programs are one executable file (`npm run build`), which has no folder of packages beside it. */
import { getRawAsset, isSea } from 'node:sea';
import { createWasm, installedWasm, type Wasm } from '@vratny/archive/reader';

/** Files that the executable carries; `npm run build` puts them there under these names. */
export const ASSETS = { sevenZip: '7zz.wasm', unrar: 'unrar.wasm' } as const;

/** The programs that read archives, from wherever this program has them. */
export function readerWasm(): Wasm {
  if (!isSea()) return installedWasm();
  return createWasm({
    sevenZip: async () => new Uint8Array(getRawAsset(ASSETS.sevenZip)),
    unrar: async () => new Uint8Array(getRawAsset(ASSETS.unrar)),
  });
}

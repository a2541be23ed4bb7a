import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

declare global {
  /** The part of WebAssembly that we use: neither the types of ECMAScript nor those of Node declare it. */
  namespace WebAssembly {
    class Module {
      private readonly brand: undefined;
    }
    class Instance {
      constructor(module: Module, imports?: Imports);
      readonly exports: Readonly<Record<string, unknown>>;
    }
    type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    function compile(bytes: Uint8Array): Promise<Module>;
  }
}

/**
 * The two WebAssembly programs, 7-Zip and unrar. Their octets are passed in, since a bundled program has them as
 * assets.
 */
export interface Wasm {
  sevenZip(): Promise<WebAssembly.Module>;
  unrar(): Promise<ArrayBuffer>;
}

/** Reads each of the files once, when it is first needed. */
export function createWasm(files: { sevenZip(): Promise<Uint8Array>; unrar(): Promise<Uint8Array> }): Wasm {
  let sevenZip: Promise<WebAssembly.Module> | undefined;
  let unrar: Promise<ArrayBuffer> | undefined;
  return {
    sevenZip: () => (sevenZip ??= files.sevenZip().then((bytes) => WebAssembly.compile(Uint8Array.from(bytes)))),
    unrar: () => (unrar ??= files.unrar().then((bytes) => Uint8Array.from(bytes).buffer)),
  };
}

/** The files of the installed packages. */
export function installedWasm(): Wasm {
  const resolve = (name: string) => createRequire(import.meta.url).resolve(name);
  return createWasm({
    sevenZip: () => readFile(resolve('7z-wasm/7zz.wasm')),
    unrar: () => readFile(resolve('node-unrar-js/dist/js/unrar.wasm')),
  });
}

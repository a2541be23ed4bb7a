import { createDirectory } from './create-directory.ts';
import { createRegister } from './create-register.ts';
import { createMemoryStore } from './memory/store.ts';
import type { Directory } from './port.ts';
import type { Register } from './register.ts';

/** A directory that lives as long as the process: for tests and trials. `close` ends both halves. */
export function createMemoryDirectory(options: { readonly now: () => Date; readonly extensionSigns?: string }): Directory & Register {
  const store = createMemoryStore();
  return {
    ...createDirectory({ ...store, isReplaced: () => false, extensionSigns: options.extensionSigns ?? '' }),
    ...createRegister(store, options.now),
  };
}

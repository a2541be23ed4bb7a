import { createDirectory, type LookupSettings } from './create-directory.ts';
import { createRegister } from './create-register.ts';
import { createMemoryStore } from './memory/store.ts';
import type { Directory } from './port.ts';
import type { Register } from './register.ts';

/** A directory that lives as long as the process: for tests and trials. `close` ends both halves. */
export function createMemoryDirectory(options: LookupSettings & { readonly now: () => Date }): Directory & Register {
  const { now, ...settings } = options;
  const rows = createMemoryStore();
  return {
    ...createDirectory({ ...rows, ...settings, isReplaced: () => false }),
    ...createRegister(rows, now, settings.store?.mailboxes),
  };
}

import { DirectoryFault } from '../port.ts';
import type { Store } from '../store.ts';
import { createMemoryRows } from './rows.ts';

/** Rows in maps. Changes run one after the other; a change checks everything before its first write, so nothing is ever undone. */
export function createMemoryStore(): Store {
  const rows = createMemoryRows();
  let open = true;
  let last: Promise<unknown> = Promise.resolve();
  const checkOpen = (): void => {
    if (!open) throw new DirectoryFault('the directory is closed');
  };
  return {
    read: async (work) => {
      checkOpen();
      return work(rows);
    },
    change: async (work) => {
      checkOpen();
      const mine = last.then(() => work(rows));
      last = mine.catch(() => undefined);
      return mine;
    },
    close: async () => {
      open = false;
      await last;
    },
  };
}

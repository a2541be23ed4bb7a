import type { Lookups } from '../create-directory.ts';
import { DirectoryFault } from '../port.ts';
import type { RegisterRows, Store } from '../store.ts';
import { createMemoryRows } from './rows.ts';

/** Rows in maps. Changes run one after the other; a change checks everything before its first write, so nothing is ever undone. */
export function createMemoryStore(): Store & Pick<Lookups, 'read'> {
  const rows = createMemoryRows();
  let open = true;
  let last: Promise<unknown> = Promise.resolve();
  const checkOpen = (): void => {
    if (!open) throw new DirectoryFault('the directory is closed');
  };
  function read<T>(work: (rows: RegisterRows) => Promise<T>): Promise<T>;
  function read<T>(work: (rows: RegisterRows) => T | Promise<T>): T | Promise<T>;
  function read<T>(work: (rows: RegisterRows) => T | Promise<T>): T | Promise<T> {
    try {
      checkOpen();
      return work(rows);
    } catch (error) {
      return Promise.reject(error);
    }
  }
  return {
    read,
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

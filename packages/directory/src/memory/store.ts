import type { Lookups } from '../create-directory.ts';
import { DirectoryFault } from '../port.ts';
import type { RegisterRows, Store } from '../store.ts';
import { createMemoryRows, type MemoryTables } from './rows.ts';

/** Rows in maps. Changes run one after the other, each on a copy that counts once it is done. */
export function createMemoryStore(): Store & Pick<Lookups, 'read'> {
  let tables: MemoryTables = { domains: new Map(), mailboxes: new Map(), aliases: new Map(), audit: [] };
  let rows = createMemoryRows(tables);
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
      const mine = last.then(async () => {
        const { domains, mailboxes, aliases, audit } = tables;
        const copy = { domains: new Map(domains), mailboxes: new Map(mailboxes), aliases: new Map(aliases), audit: [...audit] };
        const result = await work(createMemoryRows(copy));
        tables = copy;
        rows = createMemoryRows(tables);
        return result;
      });
      last = mine.catch(() => undefined);
      return mine;
    },
    close: async () => {
      open = false;
      await last;
    },
  };
}

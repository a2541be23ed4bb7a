import { type AskedStore, askStore } from './ask-store.ts';
import { listAll } from './changes/change.ts';
import { findDestination, findOurDomain } from './find-destination.ts';
import type { Directory } from './port.ts';
import type { Rows } from './store.ts';

/** How a site wants its look-ups. */
export interface LookupSettings {
  /** Signs besides `+` that may begin an extension. */
  readonly extensionSigns?: string | undefined;
  /** Told of what is wrong in the directory and keeps no mail, one line each time; nobody unless given. */
  readonly onTrouble?: ((detail: string) => void) | undefined;
  /** Asked for mailboxes of domains that it speaks for; without it the rows alone count. */
  readonly store?: AskedStore | undefined;
}

/** What look-ups stand on. */
export interface Lookups extends LookupSettings {
  /** Rejects with `DirectoryFault`. `fresh`: asks what is there now, not what was there a moment ago. */
  read<T>(work: (rows: Rows) => Promise<T>, fresh?: 'fresh'): Promise<T>;
  /** Whether what was read may not be what is there now. */
  isReplaced(): boolean;
  close(): Promise<void>;
}

/** The look-ups over any kind of rows. What would refuse mail for good is said of the rows that are there now, of no others. */
export function createDirectory({ read, isReplaced, extensionSigns = '', onTrouble = () => undefined, store, close }: Lookups): Directory {
  const reading = { extensionSigns: `+${extensionSigns}`, onTrouble };
  return {
    findDomain: async (name) => {
      const work = (rows: Rows) => findOurDomain(rows, name);
      const found = await read(work);
      return found === undefined && isReplaced() ? read(work, 'fresh') : found;
    },
    findDestination: async (address) => {
      const work = (rows: Rows) => findDestination(store === undefined ? rows : askStore(rows, store), address, reading);
      const found = await read(work);
      return found.kind !== 'mailboxes' && isReplaced() ? read(work, 'fresh') : found;
    },
    listStores: () => read((rows) => listAll((limit) => rows.listStores(limit))),
    close,
  };
}

import { findDestination, findOurDomain } from './find-destination.ts';
import type { Directory } from './port.ts';
import type { Rows } from './store.ts';

/** What look-ups stand on. */
export interface Lookups {
  /** Rejects with `DirectoryFault`. `fresh`: asks what is there now, not what was there a moment ago. */
  read<T>(work: (rows: Rows) => Promise<T>, fresh?: 'fresh'): Promise<T>;
  /** Whether what was read may not be what is there now. */
  isReplaced(): boolean;
  /** Signs besides `+` that may begin an extension. */
  readonly extensionSigns?: string;
  close(): Promise<void>;
}

/** The look-ups over any kind of rows. What would refuse mail for good is said of the rows that are there now, of no others. */
export function createDirectory({ read, isReplaced, extensionSigns = '', close }: Lookups): Directory {
  return {
    findDomain: async (name) => {
      const work = (rows: Rows) => findOurDomain(rows, name);
      const found = await read(work);
      return found === undefined && isReplaced() ? read(work, 'fresh') : found;
    },
    findDestination: async (address) => {
      const work = (rows: Rows) => findDestination(rows, address, `+${extensionSigns}`);
      const found = await read(work);
      return found.kind !== 'mailboxes' && isReplaced() ? read(work, 'fresh') : found;
    },
    close,
  };
}

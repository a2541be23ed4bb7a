import { runSteps } from '@vratny/waiting';
import { type AskedStore, askStore } from './ask-store.ts';
import { findDestination, findOurDomain, isFinalAnswer } from './find-destination.ts';
import { type Directory, DirectoryFault } from './port.ts';
import { listAll, type Rows } from './store.ts';

/** How a site wants its look-ups. */
export interface LookupSettings {
  /** Signs besides `+` that may begin an extension. */
  readonly extensionSigns?: string | undefined;
  /** Told of what is wrong in the directory and keeps no mail, one line each time; nobody unless given. */
  readonly onTrouble?: ((detail: string) => void) | undefined;
  /** Asked for mailboxes of domains that it speaks for; without it the rows alone count. */
  readonly store?: AskedStore | undefined;
  /** The store of what an alias leads to outside, as `Mailbox.store`; without it such an alias is a fault. */
  readonly forwarding?: string | undefined;
}

/** What look-ups stand on. */
export interface Lookups extends LookupSettings {
  /** Rejects with `DirectoryFault`; never throws. `fresh`: asks what is there now, not what was there a moment ago. */
  read<T>(work: (rows: Rows) => T | Promise<T>, fresh?: 'fresh'): T | Promise<T>;
  /** Whether what was read may not be what is there now. */
  isReplaced(): boolean;
  /** Why it is not believed that nobody is there; undefined when it is. */
  doubt?(): string | undefined;
  close(): Promise<void>;
}

/** The look-ups over any kind of rows. What would refuse mail for good is said of the rows that are there now, of no others. */
export function createDirectory({
  read,
  isReplaced,
  doubt = () => undefined,
  extensionSigns = '',
  onTrouble = () => undefined,
  store,
  forwarding,
  close,
}: Lookups): Directory {
  const reading = { extensionSigns: `+${extensionSigns}`, onTrouble, forwarding };
  /** Once more where the answer would be final, and another file may stand there by now. */
  const readTwice = <T>(work: (rows: Rows) => T | Promise<T>, isFinal: (found: T) => boolean): T | Promise<T> => {
    const believed = (found: T): T | Promise<T> => {
      const why = isFinal(found) ? doubt() : undefined;
      return why === undefined ? found : Promise.reject(new DirectoryFault(why));
    };
    const again = (found: T): T | Promise<T> => {
      if (!isFinal(found)) return found;
      const last = isReplaced() ? read(work, 'fresh') : found;
      return last instanceof Promise ? last.then(believed) : believed(last);
    };
    const found = read(work);
    return found instanceof Promise ? found.then(again) : again(found);
  };
  return {
    findDomain: (name) =>
      readTwice(
        (rows) => runSteps(findOurDomain(rows, name)),
        (found) => found === undefined,
      ),
    findDestination: (address) =>
      readTwice(
        (rows) => runSteps(findDestination(store === undefined ? rows : askStore(rows, store, reading.extensionSigns), address, reading)),
        (found) => isFinalAnswer(found, reading.forwarding),
      ),
    listStores: async () => read((rows) => listAll((limit) => rows.listStores(limit))),
    close,
  };
}

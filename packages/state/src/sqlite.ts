import { createState } from './create-state.ts';
import { type State, StateFault } from './port.ts';
import { createBeats, createCounts } from './sqlite/counts.ts';
import { createDeliveries } from './sqlite/deliveries.ts';
import { createSenders } from './sqlite/greylist.ts';
import { openDatabase } from './sqlite/open-database.ts';
import { preparePurge } from './sqlite/purge.ts';
import { prepareTransaction } from './sqlite/transaction.ts';
import type { Store } from './store.ts';

/**
 * State of one machine: the processes that open the same file agree. Makes the file (mode 0640, its folder must exist); it must be its own, not the
 * directory's. A lock that others hold for longer than {@link BUSY_TIMEOUT_MS} is a fault. Rejects with StateFault.
 */
export async function openSqliteState(options: { readonly path: string }): Promise<State> {
  try {
    const db = await openDatabase(options.path);
    const transaction = prepareTransaction(db);
    const store: Store = {
      ...createSenders(db, transaction),
      ...createCounts(db),
      ...createDeliveries(db, transaction),
      ...createBeats(db, transaction),
      close: () => db.close(),
    };
    return createState(withPurge(store, preparePurge(db)), options.path);
  } catch (error) {
    throw new StateFault(`state ${options.path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Every write that adds a row takes ended ones out first, so the file does not grow without end. */
function withPurge(store: Store, purge: (now: number) => void): Store {
  return {
    ...store,
    contact: (key, now, fresh) => {
      purge(now);
      return store.contact(key, now, fresh);
    },
    hit: (name, now, endsAt) => {
      purge(now);
      return store.hit(name, now, endsAt);
    },
    record: (key, mailboxes, span, ending) => {
      purge(span.now);
      return store.record(key, mailboxes, span, ending);
    },
    take: (key, owner, now, endsAt) => {
      purge(now);
      return store.take(key, owner, now, endsAt);
    },
  };
}

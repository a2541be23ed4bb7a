import { describeDatabaseError, followDatabase } from '@vratny/files';
import { describeError } from '@vratny/text';
import { createState } from './create-state.ts';
import { NETWORK_ENTRIES_MAX } from './limits.ts';
import { type State, StateFault } from './port.ts';
import { createBeats, createCounts } from './sqlite/counts.ts';
import { createDeliveries } from './sqlite/deliveries.ts';
import { createSenders } from './sqlite/greylist.ts';
import { preparePurge } from './sqlite/purge.ts';
import { openDatabase } from './sqlite/schema.ts';
import { prepareTransaction } from './sqlite/transaction.ts';
import type { Store } from './store.ts';

/** Where it lies. */
export interface SqliteStateOptions {
  readonly path: string;
  /** Greylist entries of one client network; 10,000 unless given. */
  readonly networkEntriesMax?: number;
  /** Milliseconds on a clock that never goes back; that of the process unless given. */
  readonly monotonicMs?: () => number;
}

type AskStore = <T>(work: (store: Store) => T | Promise<T>) => Promise<T>;

/**
 * State of one machine: the processes that open the same file agree. Makes the file (mode 0640, its folder must exist); it must be its own, not the
 * directory's. A file that was removed or replaced is made or opened again before the next operation, so that all processes go on to agree. A lock that others
 * hold for longer than {@link BUSY_TIMEOUT_MS} is a fault. Rejects with StateFault.
 */
export async function openSqliteState(options: SqliteStateOptions): Promise<State> {
  const { path, networkEntriesMax = NETWORK_ENTRIES_MAX, monotonicMs = () => performance.now() } = options;
  const file = followDatabase({
    path,
    monotonicMs,
    open: () => openStore(path, networkEntriesMax),
    close: (store) => store.close(),
  });
  const ask: AskStore = async (work) => {
    try {
      return await file.use(work, 'fresh');
    } catch (error) {
      throw error instanceof StateFault ? error : new StateFault(describeDatabaseError(path, error), { cause: error });
    }
  };
  try {
    await ask(() => undefined);
  } catch (error) {
    await file.close();
    throw new StateFault(`state ${path}: ${describeError(error)}`, { cause: error });
  }
  return createState(
    delegate(ask, () => file.close()),
    path,
  );
}

async function openStore(path: string, networkEntriesMax: number): Promise<Store> {
  const db = await openDatabase(path);
  const transaction = prepareTransaction(db);
  const store: Store = {
    ...createSenders(db, transaction, networkEntriesMax),
    ...createCounts(db),
    ...createDeliveries(db, transaction),
    ...createBeats(db, transaction),
    close: () => db.close(),
  };
  return withPurge(store, preparePurge(db));
}

/** Each operation on the store that is there by then. */
function delegate(ask: AskStore, close: Store['close']): Store {
  return {
    contact: (...args) => ask((store) => store.contact(...args)),
    extend: (...args) => ask((store) => store.extend(...args)),
    list: (...args) => ask((store) => store.list(...args)),
    forget: (...args) => ask((store) => store.forget(...args)),
    hit: (...args) => ask((store) => store.hit(...args)),
    count: (...args) => ask((store) => store.count(...args)),
    readLedger: (...args) => ask((store) => store.readLedger(...args)),
    record: (...args) => ask((store) => store.record(...args)),
    drop: (...args) => ask((store) => store.drop(...args)),
    take: (...args) => ask((store) => store.take(...args)),
    release: (...args) => ask((store) => store.release(...args)),
    beat: (...args) => ask((store) => store.beat(...args)),
    nodes: (...args) => ask((store) => store.nodes(...args)),
    close,
  };
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

import { describeDatabaseError, followDatabase } from '@vratny/files';
import { describeError } from '@vratny/text';
import { createState } from './create-state.ts';
import { NETWORK_ENTRIES_MAX } from './limits.ts';
import { type State, StateFault } from './port.ts';
import { createBeats, createCounts } from './sqlite/counts.ts';
import { createDeliveries } from './sqlite/deliveries.ts';
import { createSenders } from './sqlite/greylist.ts';
import { createGroupCommit, type GroupCommit, type OpenStore } from './sqlite/group-commit.ts';
import { openDatabase } from './sqlite/schema.ts';
import type { Store } from './store.ts';

/** Where it lies. */
export interface SqliteStateOptions {
  readonly path: string;
  /** Greylist entries of one client network; 10,000 unless given. */
  readonly networkEntriesMax?: number;
  /** Milliseconds on a clock that never goes back; that of the process unless given. */
  readonly monotonicMs?: () => number;
}

/**
 * State of one machine: the processes that open the same file agree. Makes the file (mode 0640, its folder must exist); it must be its own, not the
 * directory's. A file that was removed or replaced is made or opened again before the next operation, so that all processes go on to agree. What is asked
 * in one turn of the event loop is one transaction. A lock that others hold for longer than {@link DEADLINE_MS} is a fault. Rejects with StateFault.
 */
export async function openSqliteState(options: SqliteStateOptions): Promise<State> {
  const { path, networkEntriesMax = NETWORK_ENTRIES_MAX, monotonicMs = () => performance.now() } = options;
  const file = followDatabase({
    path,
    monotonicMs,
    open: () => openStore(path, networkEntriesMax),
    close: ({ db }) => db.close(),
  });
  const faultOf = (error: unknown) =>
    error instanceof StateFault ? error : new StateFault(describeDatabaseError(path, error), { cause: error });
  const group = createGroupCommit({ use: (work) => file.use(work, 'fresh'), monotonicMs, faultOf });
  try {
    await group.ask({ run: () => undefined, writes: () => false });
  } catch (error) {
    await file.close();
    throw new StateFault(`state ${path}: ${describeError(error)}`, { cause: error });
  }
  const close = async () => {
    await group.settled();
    await file.close();
  };
  return createState(delegate(group.ask, close), path);
}

async function openStore(path: string, networkEntriesMax: number): Promise<OpenStore> {
  const { db, purge } = await openDatabase(path);
  const store = {
    ...createSenders(db, networkEntriesMax),
    ...createCounts(db),
    ...createDeliveries(db),
    ...createBeats(db),
  };
  return { db, store, purge };
}

const reads = () => false;
const writes = () => true;

/** Each operation on the store that is there by then. */
function delegate(ask: GroupCommit['ask'], close: Store['close']): Store {
  return {
    // Nearly every contact is not the first, and changes nothing.
    contact: (...args) => ask({ run: (store) => store.contact(...args), writes: (store) => !store.knows(args[0], args[1]), adds: args[1] }),
    extend: (...args) => ask({ run: (store) => store.extend(...args), writes }),
    list: (...args) => ask({ run: (store) => store.list(...args), writes: reads }),
    forget: (...args) => ask({ run: (store) => store.forget(...args), writes }),
    hit: (...args) => ask({ run: (store) => store.hit(...args), writes, adds: args[1] }),
    count: (...args) => ask({ run: (store) => store.count(...args), writes: reads }),
    readLedger: (...args) => ask({ run: (store) => store.readLedger(...args), writes: reads }),
    record: (...args) => ask({ run: (store) => store.record(...args), writes, adds: args[2].now }),
    drop: (...args) => ask({ run: (store) => store.drop(...args), writes }),
    take: (...args) => ask({ run: (store) => store.take(...args), writes, adds: args[2] }),
    release: (...args) => ask({ run: (store) => store.release(...args), writes }),
    beat: (...args) => ask({ run: (store) => store.beat(...args), writes }),
    nodes: (...args) => ask({ run: (store) => store.nodes(...args), writes: reads }),
    close,
  };
}

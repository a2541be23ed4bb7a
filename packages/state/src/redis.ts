import { createState } from './create-state.ts';
import { DEADLINE_MS, NETWORK_ENTRIES_MAX } from './limits.ts';
import type { State } from './port.ts';
import { createAsk, findEntry, walkEntries } from './redis/ask.ts';
import { connect, disconnect } from './redis/connect.ts';
import { createBeats, createCounts } from './redis/counts.ts';
import { createDeliveries } from './redis/deliveries.ts';
import { createSenders } from './redis/greylist.ts';
import { createKeys } from './redis/keys.ts';
import { describeTarget, type RedisLocation } from './redis/target.ts';

export type { RedisEndpoint, RedisLocation, RedisTarget } from './redis/target.ts';
export { parseRedisUrl } from './redis/target.ts';

/** Where Redis is, and how to speak to it. */
export interface RedisStateOptions extends RedisLocation {
  readonly password?: string;
  /** Sentinels have passwords of their own. */
  readonly sentinelPassword?: string;
  /** PEM text of the authority that signed the servers' certificates; without it the system's. */
  readonly ca?: string | Buffer;
  /** Greylist entries of one client network; 10,000 unless given. */
  readonly networkEntriesMax?: number;
  /** Begins every key, so that several sites can share a server; `vratny` when left out. */
  readonly prefix?: string;
  /** Bound of one round trip; {@link DEADLINE_MS} when left out. */
  readonly deadlineMs?: number;
  /** Told of connection trouble, one line each time; operations say it with their fault too. */
  readonly onTrouble?: (detail: string) => void;
}

/**
 * State of any number of nodes. Waits up to a second for the first connection and never rejects: while Redis is away every operation is a
 * StateFault, at once or after the deadline, and it connects again by itself. Each operation is one round trip; operations begun
 * together travel together.
 */
export async function openRedisState(options: RedisStateOptions): Promise<State> {
  const { deadlineMs = DEADLINE_MS, prefix = 'vratny', networkEntriesMax = NETWORK_ENTRIES_MAX, onTrouble = () => undefined } = options;
  const client = await connect({ ...options, deadlineMs, onTrouble });
  const ask = createAsk(client, deadlineMs);
  const keys = createKeys(prefix);
  return createState(
    {
      ...createSenders(
        ask,
        keys,
        {
          find: (key) => findEntry(client, key, deadlineMs),
          walk: () => walkEntries(client, keys.every('greylist'), deadlineMs),
        },
        networkEntriesMax,
      ),
      ...createCounts(ask, keys),
      ...createDeliveries(ask, keys),
      ...createBeats(ask, keys),
      close: () => disconnect(client),
    },
    describeTarget(options.target),
  );
}

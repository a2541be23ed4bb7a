import type { Delivery } from '../port.ts';

/** The stores that are open, by URL. */
export interface OpenStores {
  /**
   * Runs `work` with a store, which is opened if necessary and stays open. Rejects when it cannot be opened, and as
   * `work` does.
   */
  use<Result>(store: string, work: (delivery: Delivery) => Promise<Result>): Promise<Result>;
  /** Closes all stores; those in use as their own `close` does. */
  close(): Promise<void>;
}

/** Options of {@link createOpenStores}. */
export interface OpenStoresOptions {
  /** @throws Error when the URL is none */
  readonly open: (store: string) => Delivery;
  readonly max: number;
  readonly idleMs: number;
}

interface Opened {
  readonly delivery: Delivery;
  users: number;
  idleTimer?: NodeJS.Timeout;
}

/**
 * Creates an empty list. A store is closed after a time without use; the least recently used one also when room is
 * needed.
 */
export function createOpenStores({ open, max, idleMs }: OpenStoresOptions): OpenStores {
  // In the order of use: the first entry is the least recently used one.
  const opened = new Map<string, Opened>();
  const closing = new Set<Promise<void>>();
  let closed = false;

  function retire(store: string, one: Opened): void {
    clearTimeout(one.idleTimer);
    opened.delete(store);
    const ending: Promise<void> = one.delivery
      .close()
      .catch(() => undefined)
      .finally(() => closing.delete(ending));
    closing.add(ending);
  }
  function makeRoom(): void {
    if (opened.size < max) return;
    const unused = [...opened].find(([, one]) => one.users === 0);
    if (unused === undefined) throw new Error(`${max} other stores are in use`);
    retire(...unused);
  }
  function find(store: string): Opened {
    if (closed) throw new Error('closed');
    const found = opened.get(store);
    if (found !== undefined) return found;
    // Opened first, so that an invalid URL closes no other store.
    const one: Opened = { delivery: open(store), users: 0 };
    makeRoom();
    return one;
  }
  return {
    async use(store, work) {
      const one = find(store);
      clearTimeout(one.idleTimer);
      opened.delete(store);
      opened.set(store, one);
      one.users += 1;
      try {
        return await work(one.delivery);
      } finally {
        one.users -= 1;
        if (one.users === 0 && !closed) one.idleTimer = setTimeout(() => retire(store, one), idleMs);
      }
    },
    async close() {
      closed = true;
      for (const [store, one] of [...opened]) retire(store, one);
      await Promise.all(closing);
    },
  };
}

import { describeError } from '@vratny/text';
import { mapBounded } from './bounded-map.ts';
import type { Admission, Copy, Delivery, DeliveryRequest, Outcome } from './port.ts';
import { STORE_IDLE_MS, STORES_AT_ONCE, STORES_MAX } from './routed/limits.ts';
import { createOpenStores } from './routed/open-stores.ts';

/** The stores of a site. */
export interface RoutedOptions {
  /** The store of mailboxes that name none. Closed with the others. */
  readonly defaultStore: Delivery;
  /**
   * Makes the adapter of a store by its URL; it does not connect yet. @throws Error when the URL is invalid, with a
   * text for the log
   */
  readonly open: (store: string) => Delivery;
  /** True when all stores that are known by name take internationalised addresses. */
  readonly utf8: boolean;
  /** Default 64; see `routed/limits.ts`. */
  readonly storesMax?: number;
  /** Default 10 minutes. */
  readonly idleMs?: number;
}

/**
 * Several stores as one: each copy goes to the store of its target only. Stores are opened on first use and closed
 * after a time without use. A store that cannot be opened delays its own mailboxes only. `utf8` becomes false for good
 * with the first store that does not take internationalised addresses: SMTPUTF8 is offered at EHLO, before the
 * mailboxes are known.
 */
export function createRouted(options: RoutedOptions): Delivery {
  const { defaultStore, storesMax = STORES_MAX, idleMs = STORE_IDLE_MS } = options;
  let utf8 = options.utf8 && defaultStore.utf8;
  function open(store: string): Delivery {
    const delivery = options.open(store);
    utf8 &&= delivery.utf8;
    return delivery;
  }
  const stores = createOpenStores({ open, max: storesMax, idleMs });

  /** Runs `work` with the store of a mailbox. Rejects with a text for the log. */
  async function atStore<Result>(store: string | undefined, work: (delivery: Delivery) => Promise<Result>): Promise<Result> {
    if (store === undefined) return work(defaultStore);
    try {
      return await stores.use(store, work);
    } catch (error) {
      throw new Error(`the store ${store}: ${describeError(error)}`, { cause: error });
    }
  }
  async function deliverTo(store: string | undefined, request: DeliveryRequest): Promise<readonly Outcome[]> {
    try {
      return await atStore(store, (delivery) => delivery.deliver(request));
    } catch (error) {
      // The copies of an earlier attempt cannot be searched for now.
      const doubt = request.resumed ? { uncertain: true as const } : {};
      return request.copies.map(() => ({ kind: 'delayed', detail: describeError(error), ...doubt }));
    }
  }
  return {
    get utf8() {
      return utf8;
    },
    admits(target, sizeBytes, signal) {
      if (target.store === undefined) return defaultStore.admits(target, sizeBytes, signal);
      return atStore(target.store, async (delivery) => delivery.admits(target, sizeBytes, signal)).catch(
        (error: unknown): Admission => ({ kind: 'fault', detail: describeError(error) }),
      );
    },
    async deliver(request) {
      const groups = [...groupByStore(request.copies)];
      const [only, ...more] = groups;
      if (only !== undefined && more.length === 0) return deliverTo(only[0], request);
      const found = await mapBounded(groups, STORES_AT_ONCE, ([store, places]) =>
        deliverTo(store, { ...request, copies: places.map(({ copy }) => copy) }),
      );
      const byPlace = new Map(groups.flatMap(([, places], i) => places.map(({ place }, at) => [place, found[i]?.[at]] as const)));
      return request.copies.map((_copy, place) => byPlace.get(place) ?? { kind: 'delayed', detail: 'no outcome', uncertain: true });
    },
    async close() {
      await Promise.all([defaultStore.close(), stores.close()]);
    },
  };
}

type Placed = { readonly copy: Copy; readonly place: number };

function groupByStore(copies: readonly Copy[]): ReadonlyMap<string | undefined, readonly Placed[]> {
  return Map.groupBy(
    copies.map((copy, place) => ({ copy, place })),
    ({ copy }) => copy.target.store,
  );
}

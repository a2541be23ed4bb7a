import type { Delivery, DeliveryRequest, Outcome } from '@vratny/delivery';
import { createMemoryDelivery } from '@vratny/delivery/memory';

/** What a mailbox says to one attempt. */
export type Say = 'stored' | 'refused' | 'delayed' | 'uncertain' | 'uncertain-stored';

/** A store whose every answer the test decides. It asks before it stores, as stores must. */
export interface ScriptedStore extends Delivery {
  /** What a mailbox says to the next attempts, in turn; afterwards it stores. */
  script(mailbox: string, ...says: readonly Say[]): void;
  /** Copies in a mailbox. */
  copies(mailbox: string): number;
  readonly consignments: readonly DeliveryRequest[];
  /** Called before a delivery is confirmed. */
  beforeAsking: () => Promise<void>;
  /** Called after a delivery was confirmed and before its copies are stored. */
  beforeStoring: () => Promise<void>;
  /** Called when the copies are there and before the server is told. */
  afterStoring: () => Promise<void>;
}

/** Of a store that can look whether it has a message (`resumed`), or not. */
export function createScriptedStore({ looks = true }: { readonly looks?: boolean } = {}): ScriptedStore {
  const scripts = new Map<string, Say[]>();
  const copies: string[] = [];
  const seen = new Set<string>();
  const consignments: DeliveryRequest[] = [];

  function put({ key }: DeliveryRequest, mailbox: string): void {
    copies.push(mailbox);
    seen.add(`${key} ${mailbox}`);
  }

  function takeOne(consignment: DeliveryRequest, mailbox: string): Outcome {
    if (looks && consignment.resumed && seen.has(`${consignment.key} ${mailbox}`)) return { kind: 'stored', bytes: 10 };
    const say = scripts.get(mailbox)?.shift() ?? 'stored';
    if (say === 'refused') return { kind: 'refused', text: '552 5.2.2 full' };
    if (say === 'stored' || say === 'uncertain-stored') put(consignment, mailbox);
    if (say === 'stored') return { kind: 'stored', bytes: 10 };
    return { kind: 'delayed', detail: say, ...(say === 'delayed' ? {} : { uncertain: true as const }) };
  }

  const store: ScriptedStore = {
    ...createMemoryDelivery(),
    script: (mailbox, ...says) => void scripts.set(mailbox, [...says]),
    copies: (mailbox) => copies.filter((one) => one === mailbox).length,
    consignments,
    beforeAsking: () => Promise.resolve(),
    beforeStoring: () => Promise.resolve(),
    afterStoring: () => Promise.resolve(),
    async deliver(consignment) {
      consignments.push(consignment);
      await store.beforeAsking();
      if (!(await consignment.confirm())) return consignment.copies.map(() => ({ kind: 'delayed', detail: 'nobody waits' }));
      await store.beforeStoring();
      const outcomes = consignment.copies.map(({ target }) => takeOne(consignment, target.address));
      await store.afterStoring();
      return outcomes;
    },
  };
  return store;
}

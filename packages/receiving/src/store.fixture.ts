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
  readonly requests: readonly DeliveryRequest[];
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
  const requests: DeliveryRequest[] = [];

  function put({ key }: DeliveryRequest, mailbox: string): void {
    copies.push(mailbox);
    seen.add(`${key} ${mailbox}`);
  }

  function takeOne(request: DeliveryRequest, mailbox: string): Outcome {
    if (looks && request.resumed && seen.has(`${request.key} ${mailbox}`)) return { kind: 'stored', bytes: 10 };
    const say = scripts.get(mailbox)?.shift() ?? 'stored';
    if (say === 'refused') return { kind: 'refused', text: '552 5.2.2 full' };
    if (say === 'stored' || say === 'uncertain-stored') put(request, mailbox);
    if (say === 'stored') return { kind: 'stored', bytes: 10 };
    return { kind: 'delayed', detail: say, ...(say === 'delayed' ? {} : { uncertain: true as const }) };
  }

  const store: ScriptedStore = {
    ...createMemoryDelivery(),
    script: (mailbox, ...says) => void scripts.set(mailbox, [...says]),
    copies: (mailbox) => copies.filter((one) => one === mailbox).length,
    requests,
    beforeAsking: () => Promise.resolve(),
    beforeStoring: () => Promise.resolve(),
    afterStoring: () => Promise.resolve(),
    async deliver(request) {
      requests.push(request);
      await store.beforeAsking();
      if (!(await request.confirm())) return request.copies.map(() => ({ kind: 'delayed', detail: 'nobody waits' }));
      await store.beforeStoring();
      const outcomes = request.copies.map(({ target }) => takeOne(request, target.address));
      await store.afterStoring();
      return outcomes;
    },
  };
  return store;
}

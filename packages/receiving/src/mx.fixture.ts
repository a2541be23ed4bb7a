import { createMemoryDelivery, type MemoryDelivery } from '@vratny/delivery/memory';
import { type MadeOptions, makeOptions, type Served as ServedOn, type Wishes as ServerWishes, serveOn } from '@vratny/server/testing';
import { createMemoryState } from '@vratny/state/memory';
import { createMxServer } from './mx-server.ts';
import type { MxServerOptions } from './mx-session.ts';

/** What a test may want otherwise. */
export type Wishes = ServerWishes & Partial<Pick<MxServerOptions, 'delivery' | 'usage' | 'greylist' | 'ledger' | 'lease' | 'busyWaitMs'>>;

/**
 * An MX host on a free port of loopback, with everything it stands on in memory. It is gone when the test has finished.
 */
export interface Served extends ServedOn, MadeOptions {
  readonly options: MxServerOptions;
  readonly stored: MemoryDelivery['stored'];
}

/** Serves `alice@`, `bob@` and `carol@example.test`. */
export async function serve(wishes: Wishes = {}): Promise<Served> {
  const delivery = createMemoryDelivery();
  const { ledger, lease } = createMemoryState();
  const made = await makeOptions({ ...wishes, ports: { delivery: wishes.delivery ?? delivery, ...wishes.ports } });
  // Tests wait for nothing but what they are about.
  const options: MxServerOptions = { delivery, usage: made.register, ledger, lease, busyWaitMs: 0, ...made.options };
  const served = await serveOn(createMxServer(options));
  return {
    ...made,
    ...served,
    options,
    get stored() {
      return delivery.stored;
    },
  };
}

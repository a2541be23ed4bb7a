import type { ServerAddress } from '@vratny/client';
import { describeDelivery } from './contract.ts';
import { startScriptedServer } from './lmtp/scripted-server.fixture.ts';
import { createLmtp } from './lmtp.ts';

async function create(kind: ServerAddress['kind'], features?: readonly string[]) {
  const store = await startScriptedServer({ features }, kind);
  const delivery = createLmtp({ servers: [store.server], hostName: 'mx.example.test', now: () => new Date() });
  return {
    delivery,
    stored: async (address: string) => store.taken.filter((one) => one.recipients.includes(address)).map((one) => one.bytes),
    empty: () => Promise.resolve(),
    leftovers: async () => [],
    dispose: async () => store[Symbol.asyncDispose](),
  };
}

describeDelivery('lmtp over TCP', () => create('tcp'), { countsQuota: false, looksForEarlier: false });
describeDelivery('lmtp over a Unix socket', () => create('unix'), { countsQuota: false, looksForEarlier: false });
describeDelivery('lmtp without extensions', () => create('tcp', []), { countsQuota: false, looksForEarlier: false });

import { contentOf } from '@vratny/message';
import type { LmtpServer } from '@vratny/support/lmtp-server';
import { createLmtp, type LmtpOptions } from '../lmtp.ts';
import type { Admission, Delivery, DeliveryRequest, Outcome } from '../port.ts';

/** A client with deadlines that a test can wait for, and short ways to use it. */
export interface Client extends AsyncDisposable {
  readonly delivery: Delivery;
  deliver(addresses: readonly string[], parts?: Partial<DeliveryRequest> & { readonly stamps?: string }): Promise<readonly Outcome[]>;
  /** Kinds only; `?` marks what is uncertain. */
  kinds(addresses: readonly string[], parts?: Partial<DeliveryRequest>): Promise<readonly string[]>;
  admits(address: string, sizeBytes?: number, signal?: AbortSignal): Promise<Admission>;
}

export const MESSAGE = Buffer.from('Subject: x\r\n\r\n.hidden\r\n');
export const ALICE = 'alice@example.test';
export const BOB = 'bob@example.test';
export const CAROL = 'carol@example.test';

/** Creates a client of these servers. */
export function createClient(servers: readonly Pick<LmtpServer, 'server'>[], options: Partial<LmtpOptions> = {}): Client {
  const { deadlines, ...others } = options;
  const delivery = createLmtp({
    servers: servers.map((one) => one.server),
    hostName: 'mx.example.test',
    now: () => new Date(),
    deadlines: { connectMs: 300, greetingMs: 300, commandMs: 300, writeMs: 300, storeMs: 300, endingGraceMs: 100, ...deadlines },
    ...others,
  });
  const deliver: Client['deliver'] = (addresses, { stamps = '', ...parts } = {}) =>
    delivery.deliver({
      sender: { local: 'sender', domain: 'example.net' },
      content: contentOf(MESSAGE),
      omit: [],
      key: '00'.repeat(32),
      resumed: false,
      confirm: async () => true,
      signal: new AbortController().signal,
      copies: addresses.map((address) => ({ target: { address, usedBytes: 0 }, stamps })),
      ...parts,
    });
  return {
    delivery,
    deliver,
    kinds: async (addresses, parts) => (await deliver(addresses, parts)).map(kindOf),
    admits: async (address, sizeBytes = 0, signal = new AbortController().signal) =>
      delivery.admits({ address, usedBytes: 0 }, sizeBytes, signal),
    [Symbol.asyncDispose]: () => delivery.close(),
  };
}

function kindOf(outcome: Outcome): string {
  return outcome.kind === 'delayed' && outcome.uncertain === true ? 'delayed?' : outcome.kind;
}

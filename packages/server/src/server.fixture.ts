import { tmpdir } from 'node:os';
import { createMemoryDelivery, type MemoryDelivery } from '@vratny/delivery/memory';
import type { Register } from '@vratny/directory';
import { createMemoryDirectory } from '@vratny/directory/memory';
import { DEFAULT_SECONDARY_OF } from '@vratny/hosts';
import { createMemoryJournal, type MemoryJournal } from '@vratny/journal/memory';
import { type ByteBudget, createByteBudget } from '@vratny/message';
import { createMemoryState } from '@vratny/state/memory';
import { onTestFinished } from 'vitest';
import { type Client, connectTo } from './client.fixture.ts';
import { listen, type RunningServer } from './listen.ts';
import type { ServerLimits, ServerOptions } from './options.ts';
import { POLICY } from './policy.fixture.ts';

/** What a test may want otherwise. */
export interface Wishes extends Partial<Omit<ServerOptions, 'limits' | 'ports'>> {
  readonly limits?: Partial<ServerLimits>;
  readonly ports?: Partial<ServerOptions['ports']>;
}

/** A server on a free port of loopback, with everything it stands on in memory. It is gone when the test has finished. */
export interface Served {
  readonly server: RunningServer;
  readonly options: ServerOptions;
  readonly journal: MemoryJournal;
  readonly stored: MemoryDelivery['stored'];
  readonly inFlight: ByteBudget;
  /** Domains, mailboxes and aliases. */
  readonly register: Pick<Register, 'addAlias'>;
  /** Connects without waiting for the greeting. */
  readonly dial: (early?: string, from?: string) => Client;
  /** A client that has been greeted. */
  readonly client: (from?: string) => Promise<Client>;
  /** A client that has said EHLO. */
  readonly ready: (from?: string) => Promise<Client>;
}

const LIMITS: ServerLimits = {
  messageMaxBytes: 1_000_000,
  recipientsMax: 5,
  connectionsMax: 50,
  connectionsPerIpMax: 50,
  failedRecipientsMax: 5,
};

/** Serves `alice@`, `bob@` and `carol@example.test` with a small policy of its own: what the letters say is tested by the dialogues. */
export async function serve(wishes: Wishes = {}): Promise<Served> {
  const now = () => new Date('2026-05-04T03:02:01Z');
  const directory = createMemoryDirectory({ now });
  await directory.addDomain('example.test', 'd', 'test');
  for (const name of ['alice', 'bob', 'carol']) await directory.addMailbox(`${name}@example.test`, {}, 'test');
  const delivery = createMemoryDelivery();
  const journal = createMemoryJournal();
  const { ledger, lease } = createMemoryState();
  const options = optionsOf(wishes, { directory, delivery, usage: directory, ledger, lease, journal, now });
  const server = await listen(options, { host: '127.0.0.1', port: 0 });
  const clients: Client[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.socket.destroy();
    await server.drain(0);
  });
  const served: Served = {
    server,
    options,
    journal,
    get stored() {
      return delivery.stored;
    },
    inFlight: options.inFlight,
    register: directory,
    dial(early, from) {
      const client = connectTo(server.address.port, early, from);
      clients.push(client);
      return client;
    },
    async client(from) {
      const client = served.dial(undefined, from);
      await client.reply();
      return client;
    },
    async ready(from) {
      const client = await served.client(from);
      await client.ask('EHLO client.test');
      return client;
    },
  };
  return served;
}

type Parts = Pick<ServerOptions, 'delivery' | 'usage' | 'ledger' | 'lease' | 'journal' | 'now'> & Pick<ServerOptions['ports'], 'directory'>;

function optionsOf(wishes: Wishes, { directory, ...parts }: Parts): ServerOptions {
  const limits = { ...LIMITS, ...wishes.limits };
  // The small policy asks for these alone; what the letters need besides comes and goes with them.
  const ports: Partial<ServerOptions['ports']> = { directory, delivery: wishes.delivery ?? parts.delivery, ...wishes.ports };
  const settings: Partial<ServerOptions['settings']> = {
    hostName: 'mx1d10.thinline.example',
    cluster: { name: 'mx1', domain: 'thinline.example' },
    secondaryOf: DEFAULT_SECONDARY_OF,
    messageMaxBytes: limits.messageMaxBytes,
    greylist: { delayMs: 0, windowMs: 0, ipv4Prefix: 32, ipv6Prefix: 64, exempts: () => true },
  };
  return {
    host: { role: 'primary', letter: 'd' },
    policy: POLICY,
    settings: settings as ServerOptions['settings'],
    ...parts,
    inFlight: createByteBudget(100_000_000),
    spoolDirectory: tmpdir(),
    postmaster: { local: 'postmaster', domain: 'thinline.example' },
    tls: undefined,
    panelUrl: 'https://panel.example',
    monotonicMs: () => performance.now(),
    // Tests wait for nothing but what they are about.
    busyWaitMs: 0,
    ...wishes,
    ports: ports as ServerOptions['ports'],
    limits,
  };
}

/** The commands before a message to alice. */
export const ENVELOPE = ['MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@example.test>'] as const;

/** A promise that the test settles. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** Waits until something is so, looking again after each turn of the event loop; fails after 5 seconds. */
export async function until(what: string, look: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(5_000);
  while (!look()) {
    if (deadline.aborted) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

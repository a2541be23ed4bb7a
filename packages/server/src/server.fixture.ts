import { tmpdir } from 'node:os';
import { createMemoryDelivery } from '@vratny/delivery/memory';
import { createMemoryDirectory } from '@vratny/directory/memory';
import { DEFAULT_SECONDARY_OF } from '@vratny/hosts';
import { createMemoryJournal, type MemoryJournal } from '@vratny/journal/memory';
import { type ByteBudget, createByteBudget } from '@vratny/message';
import { connectTo, type SmtpClient } from '@vratny/support/smtp-client';
import { onTestFinished } from 'vitest';
import { type ListeningServer, listen } from './listen.fixture.ts';
import { POLICY } from './policy.fixture.ts';
import type { ServerLimits, ServerOptions } from './server-options.ts';
import { createMemoryService, type MemoryService } from './service.fixture.ts';
import { createSmtpServer, type SmtpServer } from './smtp-server.ts';

/** What a test may want otherwise. */
export interface Wishes extends Partial<Omit<ServerOptions, 'limits' | 'ports' | 'service'>> {
  readonly limits?: Partial<ServerLimits>;
  readonly ports?: Partial<ServerOptions['ports']>;
}

/** A server on a free port of loopback, and its clients. It is gone when the test has finished. */
export interface Served {
  readonly server: ListeningServer;
  /** Connects without waiting for the greeting. */
  readonly dial: (early?: string, from?: string) => SmtpClient;
  /** A client that has been greeted. */
  readonly client: (from?: string) => Promise<SmtpClient>;
  /** A client that has said EHLO. */
  readonly ready: (from?: string) => Promise<SmtpClient>;
}

/** What a served test server stands on. */
export interface MadeOptions {
  readonly options: Omit<ServerOptions, 'service'>;
  readonly journal: MemoryJournal;
  readonly inFlight: ByteBudget;
  /** Domains, mailboxes and aliases. */
  readonly register: ReturnType<typeof createMemoryDirectory>;
}

const LIMITS: ServerLimits = {
  messageMaxBytes: 1_000_000,
  recipientsMax: 5,
  connectionsMax: 50,
  connectionsPerIpMax: 50,
  failedRecipientsMax: 5,
};

/**
 * Options with `alice@`, `bob@` and `carol@example.test` and a small policy of its own: what the letters say is tested
 * by the dialogues.
 */
export async function makeOptions(wishes: Wishes = {}): Promise<MadeOptions> {
  const now = () => new Date('2026-05-04T03:02:01Z');
  const directory = createMemoryDirectory({ now });
  await directory.addDomain('example.test', 'd', 'test');
  for (const name of ['alice', 'bob', 'carol']) await directory.addMailbox(`${name}@example.test`, {}, 'test');
  const journal = createMemoryJournal();
  const limits = { ...LIMITS, ...wishes.limits };
  const inFlight = wishes.inFlight ?? createByteBudget(100_000_000);
  // The small policy asks for these alone; what the letters need besides comes and goes with them.
  const ports: Partial<ServerOptions['ports']> = { directory, delivery: createMemoryDelivery(), ...wishes.ports };
  const settings: Partial<ServerOptions['settings']> = {
    hostName: 'mx1d10.thinline.example',
    cluster: { name: 'mx1', domain: 'thinline.example' },
    secondaryOf: DEFAULT_SECONDARY_OF,
    messageMaxBytes: limits.messageMaxBytes,
    greylist: { delayMs: 0, windowMs: 0, ipv4Prefix: 32, ipv6Prefix: 64, exempts: () => true },
  };
  const options = {
    host: { role: 'primary', letter: 'd' } as const,
    policy: POLICY,
    settings: settings as ServerOptions['settings'],
    journal,
    now,
    spoolDirectory: tmpdir(),
    postmaster: { local: 'postmaster', domain: 'thinline.example' },
    tls: undefined,
    panelUrl: 'https://panel.example',
    monotonicMs: () => performance.now(),
    ...wishes,
    inFlight,
    ports: ports as ServerOptions['ports'],
    limits,
  };
  return { options, journal, inFlight, register: directory };
}

/** A server whose service takes messages into memory. */
export interface ServedInMemory extends Served, MadeOptions, Pick<MemoryService, 'stored'> {
  readonly service: MemoryService;
}

/** Serves with a service that takes messages into memory. */
export async function serve(wishes: Wishes = {}): Promise<ServedInMemory> {
  const made = await makeOptions(wishes);
  const service = createMemoryService(made.journal);
  return { ...made, ...(await serveOn(createSmtpServer({ ...made.options, service }))), service, stored: service.stored };
}

/** Has a server listen on a free port. */
export async function serveOn(served: SmtpServer): Promise<Served> {
  const server = await listen(served, { host: '127.0.0.1', port: 0 });
  const clients: SmtpClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.socket.destroy();
    await server.drain(0);
  });
  const dial: Served['dial'] = (early, from) => {
    const client = connectTo(server.address.port, { early, localAddress: from, halfOpen: true });
    clients.push(client);
    return client;
  };
  const client: Served['client'] = async (from) => {
    const greeted = dial(undefined, from);
    await greeted.reply();
    return greeted;
  };
  const ready: Served['ready'] = async (from) => {
    const greeted = await client(from);
    await greeted.ask('EHLO client.test');
    return greeted;
  };
  return { server, dial, client, ready };
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

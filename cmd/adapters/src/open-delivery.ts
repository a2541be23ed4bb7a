import { mkdirSync, statSync } from 'node:fs';
import { formatRelay, type MailStore, parseMailStore, type Reading, type Relay, type Site } from '@vratny/config';
import type { Delivery } from '@vratny/delivery';
import type * as Lmtp from '@vratny/delivery/lmtp';
import type * as Maildir from '@vratny/delivery/maildir';
import { explainFileError } from './read-named-file.ts';
import { EXIT_CONFIG, StartProblem } from './start-problem.ts';

/** What a mailbox store needs to know of the node that writes to it. */
export interface DeliveryOptions {
  /** Different on each node that writes to the same store. */
  readonly hostName: string;
  readonly now: () => Date;
  /** Processes of this host that deliver: they share the connections to an LMTP server. Default 1. */
  readonly processes?: number;
  /**
   * Stores that mailboxes are known to name (`Register.listStores`): whether SMTPUTF8 is offered depends on them.
   * Default none.
   */
  readonly stores?: readonly string[];
}

/**
 * The site's mailbox store, and those that mailboxes name. Nothing is opened yet: a store that is away when a host
 * starts may be there when the first message comes.
 */
export async function openDelivery(site: Pick<Site, 'delivery' | 'forwarding'>, options: DeliveryOptions): Promise<Delivery> {
  const { stores = [] } = options;
  const [{ createRouted }, { createMaildir }, { createLmtp, createRelay }] = await Promise.all([
    import('@vratny/delivery/routed'),
    import('@vratny/delivery/maildir'),
    import('@vratny/delivery/lmtp'),
  ]);
  const adapters = { createMaildir, createLmtp };
  // What the site says of its own store holds for those that mailboxes name.
  const connections = connectionsOf(site.delivery);
  return createRouted({
    defaultStore: openStore(site.delivery, options, { connections, ...adapters }),
    open: (url) =>
      site.forwarding !== undefined && url === formatRelay(site.forwarding)
        ? createRelay(relayOptions(site.forwarding, options))
        : openStore(readOrThrow(url), options, { connections, ...adapters }),
    utf8: site.forwarding === undefined && stores.every(mayTakeUtf8),
  });
}

/**
 * Connections of one host to one LMTP server where the site says nothing; Dovecot's default is 100 processes, each for
 * a connection.
 */
const LMTP_CONNECTIONS = 64;

function connectionsOf(store: MailStore): number {
  return (store.kind === 'maildir' ? undefined : store.connections) ?? LMTP_CONNECTIONS;
}

/** Connections of one host to one relay: what Postfix takes from a client at once, unless told otherwise, is 50. */
const RELAY_CONNECTIONS = 20;

function relayOptions({ servers }: Relay, { hostName, now, processes = 1 }: DeliveryOptions): Parameters<typeof Lmtp.createRelay>[0] {
  const connectionsMax = Math.max(1, Math.floor(RELAY_CONNECTIONS / processes));
  return { servers: servers.map((server) => ({ kind: 'tcp', ...server })), hostName, now, connectionsMax };
}

interface StoreAdapters {
  readonly createMaildir: typeof Maildir.createMaildir;
  readonly createLmtp: typeof Lmtp.createLmtp;
  /** Of the host, to one server. */
  readonly connections: number;
}

function openStore(
  store: MailStore,
  { hostName, now, processes = 1 }: DeliveryOptions,
  { createMaildir, createLmtp, connections }: StoreAdapters,
): Delivery {
  const lmtp = { hostName, now, connectionsMax: Math.max(1, Math.floor(connections / processes)) };
  switch (store.kind) {
    case 'maildir':
      return createMaildir({ root: store.path, hostName, now });
    case 'lmtp':
      return createLmtp({ servers: store.servers.map((server) => ({ kind: 'tcp', ...server })), ...lmtp });
    case 'lmtp-unix':
      return createLmtp({ servers: [{ kind: 'unix', path: store.path }], ...lmtp });
    default:
      return store satisfies never;
  }
}

function readOrThrow(url: string): MailStore {
  const reading = readMailboxStore(url);
  if (!reading.ok) throw new Error(reading.message);
  return reading.value;
}

/** A URL that is none takes no mail at all, so that it need not be asked. */
function mayTakeUtf8(url: string): boolean {
  const reading = readMailboxStore(url);
  return !reading.ok || reading.value.kind === 'maildir';
}

/**
 * Reads the store that a mailbox names in the directory: what `delivery:` takes, but for relative paths. All nodes read
 * the directory, and a site file of each of them may lie somewhere else.
 */
export function readMailboxStore(text: string): Reading<MailStore> {
  if (/^(?:maildir|lmtp\+unix):(?!\/)./u.test(text)) return { ok: false, message: 'needs an absolute path: every node reads it' };
  return parseMailStore(text, { baseDirectory: '/' });
}

/**
 * Makes the folder of the site's Maildirs (mode 0700) where a site has neither that nor a directory: it is new. Once
 * there is a directory, a folder that is missing is a volume that is not mounted. @throws StartProblem
 */
export function makeMailRoot({ delivery, directory }: Pick<Site, 'delivery' | 'directory'>): void {
  if (delivery.kind !== 'maildir' || directory.kind !== 'sqlite') return;
  if ((statSync(directory.path, { throwIfNoEntry: false })?.size ?? 0) > 0) return;
  try {
    mkdirSync(delivery.path, { mode: 0o700 });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw new StartProblem(`delivery: ${delivery.path}: ${explainFileError(error, delivery.path)}`, EXIT_CONFIG, { cause: error });
  }
}

import type { ServerOpts, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { hostId } from '@vratny/hosts';
import { newSessionId } from '@vratny/journal';
import {
  awaitFirstRecord,
  createRefusalCounter,
  createSecureContexts,
  HandshakeRoom,
  type PendingHeader,
  PROXY_HEADER_MS,
  type ProxiedClient,
  readHeader,
  refuseSocket,
  type SmtpServer,
  type TlsSettings,
} from '@vratny/server';
import { type Delay, encodeReply } from '@vratny/smtp';
import { dismiss, hear, look, type Manner, meet, schedule, type Visitor } from './converse.ts';
import { CONNECTIONS_MAX, CONNECTIONS_PER_IP_MAX, DRAIN_MS, SESSION_MS, SOCKET_BUFFER_BYTES, TICK_MS } from './limits.ts';
import type { TarpitOptions } from './options.ts';

/** More clients than this host holds. */
const FULL: Delay = '421 4.3.2 this host has all the connections it can hold, please try again later';

/** More connections of one client than are taken. */
const CROWDED: Delay = '421 4.7.0 too many connections from your address, please try again later';

/** Shutdown. */
const GOING_DOWN: Delay = '421 4.3.2 this host is going down, please connect again';

/** How its clients are to be accepted. Small buffers: a client that never reads, or never stops, costs what the others cost. */
export const TARPIT_SOCKETS: ServerOpts = { highWaterMark: SOCKET_BUFFER_BYTES, noDelay: true };

interface Tarpit {
  readonly manner: Manner;
  readonly counts: ConnectionCounts;
  /** Connections of proxies that have not said for whom they are. */
  readonly pending: Set<PendingHeader>;
  /** Called when the last one has gone. */
  onEmpty: () => void;
}

/**
 * The secondary host that takes nothing. It asks nobody anything, so nothing else of the site can make it slow or stop it; clients are accepted with
 * {@link TARPIT_SOCKETS}. @throws OpenSSL's error when the certificate cannot be used
 */
export function createTarpit(options: TarpitOptions): SmtpServer {
  const counts = new ConnectionCounts(options);
  const certificates = openCertificates(options);
  const refusals = createRefusalCounter(options);
  const handshakes = new HandshakeRoom(options.monotonicMs);
  const manner: Manner = {
    options,
    secure: certificates === undefined ? undefined : (visitor) => secure(manner, visitor, certificates, handshakes),
    noteRefusal: refusals.note,
  };
  const tarpit: Tarpit = { manner, counts, pending: new Set(), onEmpty: () => undefined };
  const stopTicking = (options.every ?? everyInterval)(TICK_MS, () => {
    for (const visitor of counts.visitors) look(manner, visitor);
  });
  return {
    take: (socket) => meetClient(tarpit, socket),
    get clients() {
      return counts.clients;
    },
    renewCertificate: (tls) => certificates?.renew(tls),
    drain: async (deadlineMs = DRAIN_MS) => {
      await empty(tarpit, deadlineMs);
      stopTicking();
      refusals.close();
    },
  };
}

function everyInterval(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}

/** Learns who a client is: itself, or whom its proxy names. */
function meetClient(tarpit: Tarpit, socket: Socket): void {
  const { counts, manner, pending } = tarpit;
  const { proxies, proxyHeaderMs = PROXY_HEADER_MS } = manner.options;
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) {
    // It was reset before it was looked at.
    socket.on('error', ignore);
    socket.destroy();
  } else if (manner.options.hasRoom?.(socket) === false) {
    manner.noteRefusal(remoteAddress, FULL);
    // Each that lingers would be one descriptor more.
    socket.on('error', ignore).end(encodeReply(FULL), () => socket.destroy());
  } else if (!proxies?.(remoteAddress)) welcome(tarpit, socket);
  else if (counts.full(pending.size) !== undefined) {
    manner.noteRefusal(remoteAddress, FULL);
    refuseSocket(socket, FULL);
  } else {
    const header = readHeader(socket, proxyHeaderMs, {
      onClient: (proxied) => {
        pending.delete(header);
        welcome(tarpit, socket, proxied);
      },
      onRefusal: (reply, why) => manner.noteRefusal(remoteAddress, `${reply} (${why})`),
    });
    pending.add(header);
    socket.once('close', () => pending.delete(header));
  }
}

function welcome(tarpit: Tarpit, socket: Socket, proxied?: ProxiedClient): void {
  const { counts, manner } = tarpit;
  const { monotonicMs, sessionMs = SESSION_MS } = manner.options;
  const visitor = meet(socket, monotonicMs(), sessionMs, proxied);
  // What a connection broke at is the client's; close follows and does the rest.
  socket.on('error', ignore);
  const refusal = counts.add(visitor);
  if (refusal !== undefined) {
    manner.noteRefusal(visitor.ip, refusal);
    refuseSocket(socket, refusal);
    return;
  }
  socket.on('close', () => {
    counts.remove(visitor);
    recordEnd(manner, visitor);
    if (counts.visitors.size === 0) tarpit.onEmpty();
  });
  socket.on('data', (chunk: Buffer) => hear(manner, visitor, chunk));
  schedule(manner, visitor);
}

/** As on the other hosts, a client costs next to nothing until its first record has come whole, and unfinished handshakes are bounded. */
function secure(manner: Manner, visitor: Visitor, certificates: Certificates, handshakes: HandshakeRoom): void {
  const { socket } = visitor;
  // One by one: after removeAllListeners Node still takes the socket for one that flows, and loses what nobody hears.
  for (const listener of socket.listeners('data')) socket.off('data', listener as (chunk: Buffer) => void);
  awaitFirstRecord(socket, () => {
    if (visitor.leaving || socket.destroyed) return;
    const begin = () => {
      const encrypted = certificates.wrap(socket);
      encrypted.on('error', () => encrypted.destroy());
      encrypted.once('secure', () => leave());
      encrypted.on('data', (chunk: Buffer) => hear(manner, visitor, chunk));
      visitor.socket = encrypted;
    };
    const leave: () => void = handshakes.enter({ begin, giveWay: () => void visitor.socket.destroy() });
    socket.once('close', leave);
  });
}

function ignore(): void {
  // Nothing to do.
}

function recordEnd({ options }: Manner, visitor: Visitor): void {
  if (visitor.healthCheck) return;
  const { journal, host, now, monotonicMs } = options;
  const detail = `${visitor.commands} commands in ${Math.round((monotonicMs() - visitor.since) / 1000)} s`;
  const occasion = { session: newSessionId(now()), host: hostId(host), client: visitor.ip };
  journal.record({ kind: 'session', occasion, what: 'closed', detail });
}

/** Tells everybody to go; resolves when all have gone, and cuts off who has not after `deadlineMs`. */
async function empty(tarpit: Tarpit, deadlineMs: number): Promise<void> {
  const { counts, manner, pending } = tarpit;
  for (const header of pending) header.refuse(GOING_DOWN);
  if (counts.visitors.size === 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      for (const visitor of counts.visitors) visitor.socket.destroy();
    }, deadlineMs);
    tarpit.onEmpty = () => {
      clearTimeout(timer);
      resolve();
    };
    for (const visitor of counts.visitors) dismiss(manner, visitor, GOING_DOWN);
  });
}

/** The certificates of new handshakes. */
interface Certificates {
  /** An encrypted connection over a raw one that nobody reads any more (RFC 3207). */
  wrap(socket: Socket): TLSSocket;
  /** @throws when they cannot be used; the old ones stay */
  renew(tls: TlsSettings): void;
}

/** The certificates, where the tarpit speaks as a mail server and has any. @throws when they cannot be used */
function openCertificates({ speech, hostName }: TarpitOptions): Certificates | undefined {
  if (speech.kind !== 'mail' || speech.tls === undefined) return undefined;
  let contexts = createSecureContexts(speech.tls, hostName);
  return {
    wrap: (socket) =>
      new TLSSocket(socket, {
        isServer: true,
        secureContext: contexts.standard,
        SNICallback: (name, callback) => callback(null, contexts.forName(name)),
      }),
    renew: (tls) => {
      contexts = createSecureContexts(tls, hostName);
    },
  };
}

/** The visitors, and how many of each address; health checks of proxies are visitors, and no address counts them. */
class ConnectionCounts {
  readonly #max: number;
  readonly #perIpMax: number;
  readonly #perIp = new Map<string, number>();
  readonly #visitors = new Set<Visitor>();
  #healthChecks = 0;

  constructor({ connectionsMax = CONNECTIONS_MAX, connectionsPerIpMax = CONNECTIONS_PER_IP_MAX }: TarpitOptions) {
    this.#max = connectionsMax;
    this.#perIpMax = connectionsPerIpMax;
  }

  get visitors(): ReadonlySet<Visitor> {
    return this.#visitors;
  }

  get clients(): { readonly total: number; readonly perIp: ReadonlyMap<string, number> } {
    return { total: this.#visitors.size - this.#healthChecks, perIp: this.#perIp };
  }

  /** Why nobody is taken now, whoever it is, where `waiting` more are there already; undefined when there is room. */
  full(waiting: number): Delay | undefined {
    return this.#visitors.size + waiting >= this.#max ? FULL : undefined;
  }

  /** Counts one more, or says why it is not taken. */
  add(visitor: Visitor): Delay | undefined {
    const ofAddress = this.#perIp.get(visitor.ip) ?? 0;
    const refusal = this.full(0) ?? (!visitor.healthCheck && ofAddress >= this.#perIpMax ? CROWDED : undefined);
    if (refusal !== undefined) return refusal;
    this.#visitors.add(visitor);
    if (visitor.healthCheck) this.#healthChecks += 1;
    else this.#perIp.set(visitor.ip, ofAddress + 1);
    return undefined;
  }

  remove(visitor: Visitor): void {
    if (!this.#visitors.delete(visitor)) return;
    const left = (this.#perIp.get(visitor.ip) ?? 1) - 1;
    if (visitor.healthCheck) this.#healthChecks -= 1;
    else if (left > 0) this.#perIp.set(visitor.ip, left);
    else this.#perIp.delete(visitor.ip);
  }
}

import type { ServerOpts, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { hostId } from '@vratny/hosts';
import { newSessionId } from '@vratny/journal';
import {
  awaitFirstRecord,
  createRefusalCounter,
  createSecureContexts,
  HandshakeLimiter,
  type PendingHeader,
  PROXY_HEADER_MS,
  type ProxiedClient,
  readHeader,
  refuseSocket,
  type SmtpServer,
  type TlsSettings,
} from '@vratny/server';
import { type Delay, encodeReply } from '@vratny/smtp';
import { CONNECTIONS_MAX, CONNECTIONS_PER_IP_MAX, DRAIN_MS, SOCKET_BUFFER_BYTES, TICK_MS } from './limits.ts';
import type { TarpitOptions } from './options.ts';
import { type TarpitContext, TarpitSession } from './session.ts';

/** The reply when this host has reached its limit of connections. */
const HOST_FULL: Delay = '421 4.3.2 this host has all the connections it can hold, please try again later';

/** The reply when an address has reached its limit of connections. */
const TOO_MANY_FROM_ADDRESS: Delay = '421 4.7.0 too many connections from your address, please try again later';

/** Shutdown. */
const SHUTTING_DOWN: Delay = '421 4.3.2 this host is going down, please connect again';

/**
 * Options of the sockets of its clients. Small buffers, so that a client that never reads or never stops costs no more
 * than others.
 */
export const TARPIT_SOCKETS: ServerOpts = { highWaterMark: SOCKET_BUFFER_BYTES, noDelay: true };

interface Tarpit {
  readonly context: TarpitContext;
  readonly counts: ConnectionCounts;
  /** Connections of proxies whose PROXY header has not been read yet. */
  readonly pending: Set<PendingHeader>;
  /** Called when the last session has ended. */
  onEmpty: () => void;
}

/**
 * The secondary host that accepts no mail. It depends on nothing else of the site, so that nothing else can slow it
 * down or stop it. Clients must be accepted with {@link TARPIT_SOCKETS}. @throws OpenSSL's error when the certificate
 * cannot be used
 */
export function createTarpit(options: TarpitOptions): SmtpServer {
  const counts = new ConnectionCounts(options);
  const certificates = openCertificates(options);
  const refusals = createRefusalCounter(options);
  const handshakes = new HandshakeLimiter(options.monotonicMs);
  const context: TarpitContext = {
    options,
    secure: certificates === undefined ? undefined : (session) => secure(session, certificates, handshakes),
    countRefusal: refusals.note,
  };
  const tarpit: Tarpit = { context, counts, pending: new Set(), onEmpty: () => undefined };
  const stopTicking = (options.every ?? everyInterval)(TICK_MS, () => {
    for (const session of counts.sessions) session.checkTimers();
  });
  return {
    take: (socket) => acceptClient(tarpit, socket),
    get clients() {
      return counts.clients;
    },
    renewCertificate: (tls) => certificates?.renew(tls),
    drain: async (deadlineMs = DRAIN_MS) => {
      await closeAll(tarpit, deadlineMs);
      stopTicking();
      refusals.close();
    },
  };
}

function everyInterval(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}

/** Finds the address of a client: its own, or the one that its proxy names. */
function acceptClient(tarpit: Tarpit, socket: Socket): void {
  const { counts, context, pending } = tarpit;
  const { proxies, proxyHeaderMs = PROXY_HEADER_MS } = context.options;
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) {
    // The connection was reset before it was accepted.
    socket.on('error', ignore);
    socket.destroy();
  } else if (context.options.hasRoom?.(socket) === false) {
    context.countRefusal(remoteAddress, HOST_FULL);
    // Waiting for the client to close would keep a descriptor.
    socket.on('error', ignore).end(encodeReply(HOST_FULL), () => socket.destroy());
  } else if (!proxies?.(remoteAddress)) startSession(tarpit, socket);
  else if (counts.full(pending.size) !== undefined) {
    context.countRefusal(remoteAddress, HOST_FULL);
    refuseSocket(socket, HOST_FULL);
  } else {
    const header = readHeader(socket, proxyHeaderMs, {
      onClient: (proxied) => {
        pending.delete(header);
        startSession(tarpit, socket, proxied);
      },
      onRefusal: (reply, why) => context.countRefusal(remoteAddress, `${reply} (${why})`),
    });
    pending.add(header);
    socket.once('close', () => pending.delete(header));
  }
}

function startSession(tarpit: Tarpit, socket: Socket, proxied?: ProxiedClient): void {
  const { counts, context } = tarpit;
  const session = new TarpitSession(context, socket, proxied);
  // An error of the connection needs no handling; the close event follows.
  socket.on('error', ignore);
  const refusal = counts.add(session);
  if (refusal !== undefined) {
    context.countRefusal(session.ip, refusal);
    refuseSocket(socket, refusal);
    return;
  }
  socket.on('close', () => {
    counts.remove(session);
    recordClosed(context, session);
    if (counts.sessions.size === 0) tarpit.onEmpty();
  });
  socket.on('data', (chunk: Buffer) => session.receive(chunk));
  session.scheduleReply();
}

/**
 * Starts TLS. As on the other hosts, TLS state is allocated when the first record is complete, and unfinished
 * handshakes are bounded.
 */
function secure(session: TarpitSession, certificates: Certificates, handshakes: HandshakeLimiter): void {
  const { socket } = session;
  // Removed one by one: after removeAllListeners the socket would keep flowing and lose data.
  for (const listener of socket.listeners('data')) socket.off('data', listener as (chunk: Buffer) => void);
  awaitFirstRecord(socket, () => {
    if (session.closing || socket.destroyed) return;
    const begin = () => {
      const encrypted = certificates.wrap(socket);
      encrypted.on('error', () => encrypted.destroy());
      encrypted.once('secure', () => leave());
      encrypted.on('data', (chunk: Buffer) => session.receive(chunk));
      session.socket = encrypted;
    };
    const leave: () => void = handshakes.admit({ begin, cancel: () => void session.socket.destroy() });
    socket.once('close', leave);
  });
}

function ignore(): void {
  // Nothing to do.
}

function recordClosed({ options }: TarpitContext, session: TarpitSession): void {
  if (session.healthCheck) return;
  const { journal, host, now, monotonicMs } = options;
  const detail = `${session.commands} commands in ${Math.round((monotonicMs() - session.since) / 1000)} s`;
  const occasion = { session: newSessionId(now()), host: hostId(host), client: session.ip };
  journal.record({ kind: 'session', occasion, what: 'closed', detail });
}

/** Closes all sessions with 421. Resolves when all have ended; destroys the rest after `deadlineMs`. */
async function closeAll(tarpit: Tarpit, deadlineMs: number): Promise<void> {
  const { counts, pending } = tarpit;
  for (const header of pending) header.refuse(SHUTTING_DOWN);
  if (counts.sessions.size === 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      for (const session of counts.sessions) session.socket.destroy();
    }, deadlineMs);
    tarpit.onEmpty = () => {
      clearTimeout(timer);
      resolve();
    };
    for (const session of counts.sessions) session.close(SHUTTING_DOWN);
  });
}

/** The certificates of new handshakes. */
interface Certificates {
  /** A TLS connection over a socket that has no other reader (RFC 3207). */
  wrap(socket: Socket): TLSSocket;
  /** @throws when they cannot be used; the old ones stay */
  renew(tls: TlsSettings): void;
}

/** The certificates, when the tarpit replies as a mail server and has any. @throws when they cannot be used */
function openCertificates({ replies, hostName }: TarpitOptions): Certificates | undefined {
  if (replies.kind !== 'mail' || replies.tls === undefined) return undefined;
  let contexts = createSecureContexts(replies.tls, hostName);
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

/** The sessions, and the number for each address. Health checks of proxies are sessions that no address counts. */
class ConnectionCounts {
  readonly #max: number;
  readonly #perIpMax: number;
  readonly #perIp = new Map<string, number>();
  readonly #sessions = new Set<TarpitSession>();
  #healthChecks = 0;

  constructor({ connectionsMax = CONNECTIONS_MAX, connectionsPerIpMax = CONNECTIONS_PER_IP_MAX }: TarpitOptions) {
    this.#max = connectionsMax;
    this.#perIpMax = connectionsPerIpMax;
  }

  get sessions(): ReadonlySet<TarpitSession> {
    return this.#sessions;
  }

  get clients(): { readonly total: number; readonly perIp: ReadonlyMap<string, number> } {
    return { total: this.#sessions.size - this.#healthChecks, perIp: this.#perIp };
  }

  /** The reply when no client can be accepted, with `waiting` further connections; undefined when there is room. */
  full(waiting: number): Delay | undefined {
    return this.#sessions.size + waiting >= this.#max ? HOST_FULL : undefined;
  }

  /** Counts a session, or returns the reply that refuses it. */
  add(session: TarpitSession): Delay | undefined {
    const ofAddress = this.#perIp.get(session.ip) ?? 0;
    const refusal = this.full(0) ?? (!session.healthCheck && ofAddress >= this.#perIpMax ? TOO_MANY_FROM_ADDRESS : undefined);
    if (refusal !== undefined) return refusal;
    this.#sessions.add(session);
    if (session.healthCheck) this.#healthChecks += 1;
    else this.#perIp.set(session.ip, ofAddress + 1);
    return undefined;
  }

  remove(session: TarpitSession): void {
    if (!this.#sessions.delete(session)) return;
    const left = (this.#perIp.get(session.ip) ?? 1) - 1;
    if (session.healthCheck) this.#healthChecks -= 1;
    else if (left > 0) this.#perIp.set(session.ip, left);
    else this.#perIp.delete(session.ip);
  }
}

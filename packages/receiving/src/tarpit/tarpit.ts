import type { ServerOpts, Socket } from 'node:net';
import { hostId } from '@vratny/hosts';
import {
  awaitFirstRecord,
  createRefusalCounter,
  HandshakeRoom,
  newSessionId,
  type PendingHeader,
  PROXY_HEADER_MS,
  type ProxiedClient,
  readHeader,
  refuseSocket,
  type SmtpServer,
} from '@vratny/server';
import { encodeReply } from '@vratny/smtp';
import { ConnectionCounts } from './connection-counts.ts';
import { dismiss, hear, look, type Manner, schedule } from './converse.ts';
import { DRAIN_MS, SESSION_MS, SOCKET_BUFFER_BYTES, TICK_MS } from './limits.ts';
import type { TarpitOptions } from './options.ts';
import { FULL, GOING_DOWN } from './replies.ts';
import { type Certificates, openCertificates } from './start-tls.ts';
import { meet, type Visitor } from './visitor.ts';

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

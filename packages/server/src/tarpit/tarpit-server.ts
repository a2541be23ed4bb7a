import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { hostId } from '@vratny/hosts';
import { encodeReply } from '@vratny/smtp';
import { PROXY_HEADER_MS } from '../limits.ts';
import { type PendingHeader, type ProxiedClient, readHeader, refuseSocket } from '../proxy/read-header.ts';
import { dismiss, hear, look, type Manner, schedule } from './converse.ts';
import { type Crowd, createCrowd } from './crowd.ts';
import { CONNECTIONS_MAX, SESSION_MS, SOCKET_BUFFER_BYTES } from './limits.ts';
import type { TarpitOptions } from './options.ts';
import { FULL, GOING_DOWN } from './replies.ts';
import { type Certificates, openCertificates } from './start-tls.ts';
import { meet, type Visitor } from './visitor.ts';

/** The server before it listens. */
export interface TarpitServer {
  readonly server: Server;
  readonly manner: Manner;
  readonly crowd: Crowd;
  readonly certificates: Certificates | undefined;
  /** Connections of proxies that have not said for whom they are. */
  readonly pending: Set<PendingHeader>;
  /** Gives every visitor what is due. */
  readonly tick: () => void;
  /** Called when the last one has gone, from now on. */
  onEmpty: () => void;
}

/** Makes it. It asks nobody anything, so nothing else of the site can make it slow or stop it. */
export function createTarpitServer(options: TarpitOptions): TarpitServer {
  const crowd = createCrowd(options);
  const certificates = openCertificates(options);
  const manner: Manner = {
    options,
    secure: certificates === undefined ? undefined : (visitor) => secure(manner, visitor, certificates),
    noteRefusal: (visitor, reply) => record(manner, visitor.ip, 'refused', reply),
  };
  // Small buffers: a client that never reads, or never stops, costs what the others cost.
  const server = createServer({ highWaterMark: SOCKET_BUFFER_BYTES, noDelay: true });
  const tarpit: TarpitServer = {
    server,
    manner,
    crowd,
    certificates,
    pending: new Set(),
    tick: () => {
      for (const visitor of crowd.visitors) look(manner, visitor);
    },
    onEmpty: () => undefined,
  };
  server.on('connection', (socket) => meetClient(tarpit, socket));
  return tarpit;
}

/** Learns who a client is: itself, or whom its proxy names. */
function meetClient(tarpit: TarpitServer, socket: Socket): void {
  const { crowd, manner, pending } = tarpit;
  const { proxies, proxyHeaderMs = PROXY_HEADER_MS, connectionsMax = CONNECTIONS_MAX } = manner.options;
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) {
    // It was reset before it was looked at.
    socket.on('error', ignore);
    socket.destroy();
  } else if (manner.options.hasRoom?.(socket) === false) {
    record(manner, remoteAddress, 'refused', FULL);
    // Each that lingers would be one descriptor more.
    socket.on('error', ignore).end(encodeReply(FULL), () => socket.destroy());
  } else if (!proxies?.(remoteAddress)) welcome(tarpit, socket);
  else if (crowd.visitors.size + pending.size >= connectionsMax) {
    record(manner, remoteAddress, 'refused', FULL);
    refuseSocket(socket, FULL);
  } else {
    const header = readHeader(socket, proxyHeaderMs, {
      onClient: (proxied) => {
        pending.delete(header);
        welcome(tarpit, socket, proxied);
      },
      onRefusal: (reply, why) => record(manner, remoteAddress, 'refused', `${reply} (${why})`),
    });
    pending.add(header);
    socket.once('close', () => pending.delete(header));
  }
}

function welcome(tarpit: TarpitServer, socket: Socket, proxied?: ProxiedClient): void {
  const { crowd, manner } = tarpit;
  const { monotonicMs, sessionMs = SESSION_MS } = manner.options;
  const visitor = meet(socket, monotonicMs(), sessionMs, proxied);
  // What a connection broke at is the client's; close follows and does the rest.
  socket.on('error', ignore);
  const refusal = crowd.refusal(visitor);
  if (refusal !== undefined) {
    record(manner, visitor.ip, 'refused', refusal);
    refuseSocket(socket, refusal);
    return;
  }
  crowd.add(visitor);
  socket.on('close', () => {
    crowd.remove(visitor);
    const seconds = Math.round((monotonicMs() - visitor.since) / 1000);
    if (!visitor.healthCheck) record(manner, visitor.ip, 'closed', `${visitor.commands} commands in ${seconds} s`);
    if (crowd.visitors.size === 0) tarpit.onEmpty();
  });
  socket.on('data', (chunk: Buffer) => hear(manner, visitor, chunk));
  schedule(manner, visitor);
}

function secure(manner: Manner, visitor: Visitor, certificates: Certificates): void {
  visitor.socket.removeAllListeners('data');
  const encrypted = certificates.wrap(visitor.socket);
  encrypted.on('error', () => encrypted.destroy());
  encrypted.on('data', (chunk: Buffer) => hear(manner, visitor, chunk));
  visitor.socket = encrypted;
}

function ignore(): void {
  // Nothing to do.
}

function record(manner: Manner, client: string, what: 'closed' | 'refused', detail: string): void {
  const { journal, host } = manner.options;
  journal.record({ kind: 'session', occasion: { session: randomUUID(), host: hostId(host), client }, what, detail });
}

/** Tells everybody to go; resolves when all have gone, and cuts off who has not after `deadlineMs`. */
export async function empty(tarpit: TarpitServer, reply: Parameters<typeof dismiss>[2], deadlineMs: number): Promise<void> {
  const { crowd, manner, pending } = tarpit;
  for (const header of pending) header.refuse(GOING_DOWN);
  if (crowd.visitors.size === 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      for (const visitor of crowd.visitors) visitor.socket.destroy();
    }, deadlineMs);
    tarpit.onEmpty = () => {
      clearTimeout(timer);
      resolve();
    };
    for (const visitor of crowd.visitors) dismiss(manner, visitor, reply);
  });
}

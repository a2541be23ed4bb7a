import type { Socket } from 'node:net';
import { type Delay, encodeReply } from '@vratny/smtp';
import { REFUSED_LINGER_MS } from '../limits.ts';
import { type HeaderReading, type ProxyHeader, parseHeader } from './parse-header.ts';

/** The client behind a connection, as its proxy says. */
export interface ProxiedClient {
  readonly ip: string | undefined;
  readonly port: number | undefined;
  /** The proxy speaks for itself: a health check. It is answered, and no mail client. */
  readonly local: boolean;
  /** Address of the proxy. */
  readonly through: string;
  /** Octets of the connection that were the header's. */
  readonly headerBytes: number;
}

/** A connection from a proxy whose header has not been read to its end. */
export interface PendingHeader {
  /** Ends the waiting with a reply. */
  refuse(reply: Delay): void;
}

/** Told once, unless the proxy went away without a header: then nobody is told anything, but the socket closes. */
export interface HeaderListener {
  /** What came behind the header is in the socket again, to be read. */
  onClient(client: ProxiedClient): void;
  onRefusal(reply: Delay, why: string): void;
}

/**
 * Reads the PROXY header of a connection that must begin with one. A connection without one is closed with 421: a proxy that does not send it
 * is an operator's slip, and nobody's mail may bounce for that.
 */
export function readHeader(socket: Socket, deadlineMs: number, listener: HeaderListener): PendingHeader {
  const through = socket.remoteAddress ?? '';
  let octets = Buffer.alloc(0);
  const stop = () => {
    clearTimeout(timer);
    socket.off('readable', look).off('end', leave).off('close', stop).off('error', leave);
    // Nobody else listens yet, and a socket that breaks must not end the process.
    socket.on('error', ignore);
  };
  const refuse = (reply: Delay, why: string) => {
    stop();
    refuseSocket(socket, reply);
    listener.onRefusal(reply, why);
  };
  const leave = () => {
    stop();
    socket.destroy();
  };
  const look = () => {
    for (let chunk = take(socket); chunk !== null; chunk = take(socket)) {
      octets = Buffer.concat([octets, chunk]);
      const reading = parseHeader(octets);
      if (reading.kind === 'more') continue;
      if (reading.kind !== 'header') return refuse(...objectionTo(reading, through));
      stop();
      socket.off('error', ignore);
      if (octets.length > reading.bytes) socket.unshift(octets.subarray(reading.bytes));
      return listener.onClient(clientOf(reading.header, reading.bytes, socket));
    }
  };
  const timer = setTimeout(
    () => refuse(`421 4.4.2 no PROXY header came from ${through} in time`, `${octets.length} octets of a PROXY header came in time`),
    deadlineMs,
  );
  socket.on('readable', look).on('end', leave).on('close', stop).on('error', leave);
  return { refuse: (reply) => refuse(reply, reply) };
}

function take(socket: Socket): Buffer | null {
  const chunk: unknown = socket.read();
  return Buffer.isBuffer(chunk) ? chunk : null;
}

function objectionTo(reading: Extract<HeaderReading, { kind: 'none' | 'malformed' }>, through: string): [reply: Delay, why: string] {
  if (reading.kind === 'none')
    return [`421 4.7.0 a connection from ${through} begins with a PROXY header here`, 'there was no PROXY header'];
  return [`421 4.7.0 the PROXY header from ${through} is malformed`, `the PROXY header is malformed: ${reading.why}`];
}

function clientOf(header: ProxyHeader, headerBytes: number, socket: Socket): ProxiedClient {
  const through = socket.remoteAddress ?? '';
  if (header.kind !== 'client') return { ip: undefined, port: undefined, local: header.kind === 'local', through, headerBytes };
  // Health checks in version 1, which has no LOCAL, come from the proxy's own address.
  const local = header.ip === through.replace(/^::ffff:/u, '');
  return { ip: header.ip, port: header.port, local, through, headerBytes };
}

/** What is said to a client that begins with a PROXY header and is no proxy of ours; with 5xx, a proxy that the site file forgot would bounce mail. */
export function headerRefused(ip: string): Delay {
  return `421 4.7.0 no PROXY header is taken from ${ip}`;
}

/** Says why to a client that has no session, and closes; what it still sends is thrown away, so that the reply can be read. */
export function refuseSocket(socket: Socket, reply: Delay): void {
  socket.on('error', ignore);
  const timer = setTimeout(() => socket.destroy(), REFUSED_LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(encodeReply(reply));
  socket.resume();
}

function ignore(): void {
  // The close event does the rest.
}

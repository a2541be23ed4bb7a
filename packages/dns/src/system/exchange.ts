import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { type Cancellation, startDeadline, until } from '@vratny/waiting';
import { STRAY_PACKETS_MAX } from '../limits.ts';
import type { DnsFault } from '../port.ts';
import { createQuery, type Query, type Question, type Response, readResponse } from './message.ts';
import type { DnsServer } from './server-address.ts';

/** How one exchange with one server ended. */
export type Exchange =
  | { readonly kind: 'response'; readonly response: Response }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'fault'; readonly fault: DnsFault; readonly detail: string };

/** One question to one server. */
interface ExchangeRequest {
  readonly server: DnsServer;
  readonly query: Query;
  /** This exchange's share of the deadline. */
  readonly timeoutMs: number;
  /** The end of the whole look-up. */
  readonly signal: Cancellation;
}

/** One question to one server, over UDP and, when its answer was cut, over TCP. */
export async function exchange({
  server,
  question,
  edns,
  signal,
  remainingMs,
}: {
  readonly server: DnsServer;
  readonly question: Question;
  readonly edns: boolean;
  readonly signal: Cancellation;
  /** What is left of the server's share of the deadline. */
  readonly remainingMs: () => number;
}): Promise<Exchange> {
  const overUdp = await exchangeUdp({ server, query: createQuery(question, edns), signal, timeoutMs: remainingMs() });
  if (overUdp.kind !== 'truncated') return overUdp;
  // A new id for the connection: the first one has been on the wire.
  return await exchangeTcp({ server, query: createQuery(question, edns), signal, timeoutMs: remainingMs() });
}

/**
 * Runs an exchange to its end: an answer, the deadline or the signal. `start` opens the socket, calls `finish` with what came, and
 * returns how to close; the closing happens exactly once, before anybody learns the end.
 */
async function runExchange(
  { timeoutMs, signal }: ExchangeRequest,
  start: (finish: (exchange: Exchange) => void) => () => void,
): Promise<Exchange> {
  if (signal.aborted) return noAnswer();
  using deadline = startDeadline(timeoutMs, { signal });
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const close = start(resolve);
  try {
    return await until(promise, deadline.signal, noAnswer);
  } finally {
    close();
  }
}

function noAnswer(): Exchange {
  return { kind: 'fault', fault: 'timeout', detail: 'no answer' };
}

/** What an error of a socket is: the server cannot be reached. Only the code is told, messages may be long. */
function unreachable(error: Error & { readonly code?: string }): Exchange {
  return { kind: 'fault', fault: 'unreachable', detail: error.code ?? error.message };
}

/** When the question is sent a second time, as a part of the exchange's time: a lost datagram must not cost the whole look-up. */
const RESEND_AT = 1 / 3;

/**
 * Asks over UDP. The socket is new, so that its source port is one the kernel picked at random, and connected, so that the kernel drops
 * what comes from anybody else (RFC 5452 §9).
 */
function exchangeUdp(request: ExchangeRequest): Promise<Exchange> {
  const { server, query, timeoutMs } = request;
  return runExchange(request, (finish) => {
    const socket = createSocket(server.family === 6 ? 'udp6' : 'udp4');
    let strays = 0;
    const send = (): void => socket.send(query.bytes, (error) => error && finish(unreachable(error)));
    let resend: NodeJS.Timeout | undefined;
    socket.on('error', (error) => finish(unreachable(error)));
    socket.on('message', (packet) => {
      const reading = readResponse(packet, query);
      if (reading.kind === 'malformed') finish({ kind: 'fault', fault: 'malformed', detail: reading.detail });
      else if (reading.kind !== 'stray') finish(reading);
      else if (++strays >= STRAY_PACKETS_MAX) finish({ kind: 'fault', fault: 'malformed', detail: 'flooded with foreign answers' });
    });
    socket.once('connect', () => {
      send();
      // Same id and port: an answer to either of the two is welcome, and a forger's odds stay what they were.
      resend = setTimeout(send, timeoutMs * RESEND_AT);
    });
    socket.connect(server.port, server.address);
    return () => {
      clearTimeout(resend);
      socket.close();
    };
  });
}

const PREFIX_OCTETS = 2;

/** Asks over TCP, one question per connection (RFC 7766 §8: each message has its length before it, so none exceeds 64 KiB). */
function exchangeTcp(request: ExchangeRequest): Promise<Exchange> {
  const { server, query } = request;
  return runExchange(request, (finish) => {
    const socket = connect({ host: server.address, port: server.port, noDelay: true });
    const chunks: Buffer[] = [];
    let received = 0;
    socket.on('error', (error) => finish(unreachable(error)));
    socket.on('close', () => finish({ kind: 'fault', fault: 'malformed', detail: 'TCP connection closed before the end of the answer' }));
    socket.on('connect', () => socket.write(withPrefix(query.bytes)));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      received += chunk.length;
      // Enough is decided on the lengths alone; the parts are joined once, not per chunk.
      const expected = expectedOctets(chunks);
      if (expected !== undefined && received >= expected)
        finish(readAnswer(Buffer.concat(chunks).subarray(PREFIX_OCTETS, expected), query));
    });
    return () => socket.destroy();
  });
}

function withPrefix(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_OCTETS);
  prefix.writeUInt16BE(message.length);
  return Buffer.concat([prefix, message]);
}

/** Prefix and message together; undefined while the prefix is not there. */
function expectedOctets(chunks: readonly Buffer[]): number | undefined {
  const [first, second] = chunks;
  if (first === undefined) return undefined;
  const prefix = first.length >= PREFIX_OCTETS ? first : Buffer.concat([first, second ?? Buffer.alloc(0)]);
  return prefix.length < PREFIX_OCTETS ? undefined : PREFIX_OCTETS + prefix.readUInt16BE(0);
}

/** On a connection of our own nothing is stray: what does not answer the question is a broken server. */
function readAnswer(message: Buffer, query: Query): Exchange {
  const reading = readResponse(message, query);
  if (reading.kind === 'response') return reading;
  return { kind: 'fault', fault: 'malformed', detail: reading.kind === 'malformed' ? reading.detail : `${reading.kind} answer over TCP` };
}

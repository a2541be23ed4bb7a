import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { describeError } from '@vratny/text';
import { type Cancellation, startDeadline, until } from '@vratny/waiting';
import { type DecodedResource, decode, encode, question as questionSection } from 'dns-packet';
import { STRAY_PACKETS_MAX, TTL_MAX_SECONDS, UDP_PAYLOAD } from '../limits.ts';
import { wireName } from '../names.ts';
import type { DnsFault, RecordType } from '../port.ts';
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
  asking,
  signal,
  remainingMs,
}: {
  readonly server: DnsServer;
  readonly question: Question;
  readonly edns: boolean;
  readonly asking: Asking;
  readonly signal: Cancellation;
  /** What is left of the server's share of the deadline. */
  readonly remainingMs: () => number;
}): Promise<Exchange> {
  const overUdp = await exchangeUdp({ server, query: createQuery(question, edns, asking), signal, timeoutMs: remainingMs() });
  if (overUdp.kind !== 'truncated') return overUdp;
  // A new id for the connection: the first one has been on the wire.
  return await exchangeTcp({ server, query: createQuery(question, edns, asking), signal, timeoutMs: remainingMs() });
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

/** The length before a message over TCP (RFC 1035 §4.2.2), in octets. */
export const PREFIX_OCTETS = 2;

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

/** A message with its length before it. */
export function withPrefix(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_OCTETS);
  prefix.writeUInt16BE(message.length);
  return Buffer.concat([prefix, message]);
}

/** Octets of prefix and message together; undefined while the prefix is not there. */
export function expectedOctets(chunks: readonly Buffer[]): number | undefined {
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

/** What is asked: a normalised name (lower case, no final dot) and a type, class IN. */
export interface Question {
  readonly name: string;
  readonly type: RecordType;
}

/** A question on the wire, and what its answer has to repeat. */
interface Query {
  readonly id: number;
  readonly question: Question;
  readonly edns: boolean;
  readonly bytes: Buffer;
}

/**
 * How a server is asked. `recursive`: a resolver shall find out. `unchecked`: it shall, and hand on what DNSSEC would make it keep back (RFC 4035 §3.2.2).
 * `authoritative`: only what the server itself has.
 */
export type Asking = 'recursive' | 'unchecked' | 'authoritative';

const RECURSION_DESIRED = 1 << 8;
/** RFC 6840 §5.7: asks for the AD bit in the answer without asking for the signatures. */
const AUTHENTIC_DATA = 1 << 5;
const CHECKING_DISABLED = 1 << 4;
const FLAGS: Readonly<Record<Asking, number>> = {
  recursive: RECURSION_DESIRED | AUTHENTIC_DATA,
  unchecked: RECURSION_DESIRED | AUTHENTIC_DATA | CHECKING_DISABLED,
  authoritative: 0,
};

/** Makes a query with an id nobody can guess (RFC 5452 §4.3). */
export function createQuery(question: Question, edns: boolean, asking: Asking = 'recursive'): Query {
  const id = randomInt(0x1_0000);
  const bytes = encode({
    type: 'query',
    id,
    flags: FLAGS[asking],
    questions: [{ name: question.name === '' ? '.' : question.name, type: question.type }],
    additionals: edns ? [{ name: '.', type: 'OPT', udpPayloadSize: UDP_PAYLOAD }] : [],
  });
  return { id, question, edns, bytes };
}

/** A resource record of class IN; its data are not looked at yet. */
export interface Resource {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly data: unknown;
}

/** An answer to our question. */
export interface Response {
  readonly rcode: number;
  readonly authentic: boolean;
  /** The server has the zone itself (AA bit, RFC 1035 §4.1.1). */
  readonly authoritative: boolean;
  readonly answers: readonly Resource[];
  readonly authorities: readonly Resource[];
  readonly additionals: readonly Resource[];
}

/**
 * What a packet is. `stray`: not an answer to our question (forged, late, or of somebody else); to be ignored. `truncated`: to be asked
 * again over TCP.
 */
type Reading =
  | { readonly kind: 'response'; readonly response: Response }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'stray' }
  | { readonly kind: 'malformed'; readonly detail: string };

const HEADER_OCTETS = 12;

/** Reads a packet as the answer to `query`. Never throws, whatever the packet holds. */
export function readResponse(packet: Buffer, query: Query): Reading {
  if (packet.length < HEADER_OCTETS || packet.readUInt16BE(0) !== query.id) return { kind: 'stray' };
  const flags = packet.readUInt16BE(2);
  // RFC 1035 §4.1.1: QR says response, OPCODE 0 is a standard query.
  if ((flags & 0x8000) === 0 || (flags & 0x7800) !== 0) return { kind: 'stray' };
  try {
    if (!repeatsQuestion(packet, query, flags & 0xf)) return { kind: 'stray' };
    // Before decoding the rest: servers cut packets in the middle of a record.
    if ((flags & 0x0200) !== 0) return { kind: 'truncated' };
    return { kind: 'response', response: readSections(packet, flags) };
  } catch (error) {
    return { kind: 'malformed', detail: describeError(error) };
  }
}

function repeatsQuestion(packet: Buffer, query: Query, rcode: number): boolean {
  const count = packet.readUInt16BE(4);
  // Servers that refuse a query may leave the question out (RFC 9619 §2 allows it); its id and source still have to be right.
  if (count === 0) return rcode !== 0 && rcode !== 3;
  if (count !== 1) return false;
  const asked = questionSection.decode(packet, HEADER_OCTETS);
  return wireName(asked.name) === query.question.name && asked.type === query.question.type && asked.class === 'IN';
}

function readSections(packet: Buffer, flags: number): Response {
  const decoded = decode(packet);
  const options = decoded.additionals.find((record) => record.type === 'OPT');
  return {
    // RFC 6891 §6.1.3: the OPT record holds the upper eight bits.
    rcode: (flags & 0xf) | ((options?.extendedRcode ?? 0) << 4),
    authentic: (flags & 0x20) !== 0,
    authoritative: (flags & 0x400) !== 0,
    answers: readResources(decoded.answers),
    authorities: readResources(decoded.authorities),
    additionals: readResources(decoded.additionals),
  };
}

function readResources(records: readonly DecodedResource[]): Resource[] {
  return records
    .filter((record) => record.class === 'IN')
    .map((record) => ({ name: wireName(record.name), type: record.type, ttlSeconds: readTtl(record.ttl), data: record.data }));
}

/** RFC 2181 §8: a TTL with the highest bit set counts as zero. */
function readTtl(ttl: number | undefined): number {
  return ttl === undefined || ttl > TTL_MAX_SECONDS ? 0 : ttl;
}

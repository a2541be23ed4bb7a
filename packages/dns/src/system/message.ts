import { randomInt } from 'node:crypto';
import { describeError } from '@vratny/text';
import { type DecodedResource, decode, encode, question as questionSection } from 'dns-packet';
import { TTL_MAX_SECONDS, UDP_PAYLOAD } from '../limits.ts';
import type { RecordType } from '../port.ts';

/** What is asked: a normalised name (lower case, no final dot) and a type, class IN. */
export interface Question {
  readonly name: string;
  readonly type: RecordType;
}

/** A question on the wire, and what its answer has to repeat. */
export interface Query {
  readonly id: number;
  readonly question: Question;
  readonly edns: boolean;
  readonly bytes: Buffer;
}

const RECURSION_DESIRED = 1 << 8;
/** RFC 6840 §5.7: asks for the AD bit in the answer without asking for the signatures. */
const AUTHENTIC_DATA = 1 << 5;

/** Makes a query with an id nobody can guess (RFC 5452 §4.3). */
export function createQuery(question: Question, edns: boolean): Query {
  const id = randomInt(0x1_0000);
  const bytes = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
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
  readonly answers: readonly Resource[];
  readonly authorities: readonly Resource[];
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
    answers: readResources(decoded.answers),
    authorities: readResources(decoded.authorities),
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

/**
 * A decoded name as we hand it on: lower case, no final dot, the root empty. Backslashes and octets that are not printable ASCII are written as in a
 * master file, `\DDD` (RFC 1035 §5.1): the zone of a stranger must not put line breaks or invisible characters into logs and headers.
 */
export function wireName(decoded: string): string {
  const name = decoded.endsWith('.') ? decoded.slice(0, -1) : decoded;
  return name.toLowerCase().replace(/[^\u0020-\u005b\u005d-\u007e]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return [...Buffer.from(character)].map((octet) => `\\${String(octet).padStart(3, '0')}`).join('');
}

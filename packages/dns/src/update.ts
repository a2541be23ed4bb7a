import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { describeError } from '@vratny/text';
import { type Cancellation, startDeadline, until } from '@vratny/waiting';
import { name as nameSection, record as recordSection } from 'dns-packet';
import { UPDATE_TIMEOUT_MS } from './limits.ts';
import { normaliseName } from './names.ts';
import type { Records, Updated } from './port.ts';
import { expectedOctets, PREFIX_OCTETS, withPrefix } from './system/exchange.ts';
import { type DnsServer, parseDnsServer } from './system/server-address.ts';
import { signMessage, type TsigKey, verifyMessage } from './update/tsig.ts';
import { readHeader } from './update/walk-message.ts';

export { TSIG_ALGORITHMS, type TsigAlgorithm, type TsigKey } from './update/tsig.ts';

/** Types whose records can be written, by their numbers. */
const TYPES = { A: 1, TXT: 16, AAAA: 28, MX: 15, TLSA: 52 } as const;

/** One of them. */
export type WrittenType = keyof typeof TYPES;

/** All records of a name and a type, as they are to be, provided that they are still what they were. */
export interface RecordSetUpdate<T extends WrittenType = WrittenType> {
  /** Names in A-labels. */
  readonly zone: string;
  readonly name: string;
  readonly type: T;
  /** None: there must be no records of this name and type. */
  readonly before: readonly Records[T][];
  /** None: they are removed. */
  readonly after: readonly Records[T][];
  readonly ttlSeconds: number;
}

/** Where updates go, and how. */
export interface UpdaterOptions {
  /** `ip`, `ip:port` or `[v6]:port` of the primary server of the zone. */
  readonly server: string;
  readonly key: TsigKey;
  readonly now: () => Date;
  /** One update; 10,000 unless given. */
  readonly timeoutMs?: number;
}

/** Sends signed updates to one name server (RFC 2136, RFC 8945), over TCP. Never rejects. */
export function createUpdater({ server: written, key, now, timeoutMs = UPDATE_TIMEOUT_MS }: UpdaterOptions): {
  update(change: RecordSetUpdate, signal?: Cancellation): Promise<Updated>;
} {
  const server = parseDnsServer(written);
  return {
    update: async (change, signal) => {
      if (server === undefined) return { kind: 'refused', detail: `${JSON.stringify(written)} is no address of a server` };
      using deadline = startDeadline(timeoutMs, { signal });
      try {
        const id = randomInt(0x1_0000);
        const { bytes, mac } = signMessage(encodeUpdate(id, change), key, now());
        const answer = await exchangeOverTcp(server, bytes, deadline.signal);
        return readAnswer(answer, { id, mac, key, now: now() });
      } catch (error) {
        return { kind: 'fault', detail: `${server.label}: ${describeError(error)}` };
      }
    },
  };
}

const OPCODE_UPDATE = 5;
const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const;
const TYPE_SOA = 6;
const NO_DATA = Buffer.alloc(2);

/** One request: the zone, what must be so, and what is to be so (RFC 2136 §2). The records are replaced as a whole. */
function encodeUpdate(id: number, { zone, name, type, before, after, ttlSeconds }: RecordSetUpdate): Buffer {
  const number = TYPES[type];
  const dataOf = (data: Records[WrittenType]): Uint8Array => recordSection(type).encode(toLibrary(data));
  // RFC 2136 §2.4.2 and §2.4.3: exactly these records, or none.
  const must =
    before.length === 0
      ? [encodeRecord(name, number, CLASS.NONE, 0, NO_DATA)]
      : before.map((data) => encodeRecord(name, number, CLASS.IN, 0, dataOf(data)));
  const changes = [
    // RFC 2136 §2.5.2.
    ...(before.length === 0 ? [] : [encodeRecord(name, number, CLASS.ANY, 0, NO_DATA)]),
    ...after.map((data) => encodeRecord(name, number, CLASS.IN, ttlSeconds, dataOf(data))),
  ];
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(OPCODE_UPDATE << 11, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(must.length, 6);
  header.writeUInt16BE(changes.length, 8);
  const question = Buffer.concat([encodeName(zone), Buffer.from([0, TYPE_SOA, 0, CLASS.IN])]);
  return Buffer.concat([header, question, ...must, ...changes]);
}

/** Data in the words of dns-packet. */
function toLibrary(data: Records[WrittenType]): unknown {
  if (typeof data === 'string' || 'exchange' in data) return data;
  return { usage: data.usage, selector: data.selector, matchingType: data.matchingType, certificate: Buffer.from(data.data) };
}

/** dns-packet knows no class NONE, and no record without data. `data` has its length before it. */
function encodeRecord(name: string, type: number, klass: number, ttlSeconds: number, data: Uint8Array): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(klass, 2);
  fixed.writeUInt32BE(ttlSeconds, 4);
  return Buffer.concat([encodeName(name), fixed, data]);
}

/** @throws Error for what is no domain name */
function encodeName(written: string): Uint8Array {
  const name = normaliseName(written);
  if (name === undefined) throw new Error(`${JSON.stringify(written)} is no domain name`);
  return nameSection.encode(name === '' ? '.' : name);
}

/** RFC 2136 §2.2. NXDOMAIN and YXDOMAIN are of prerequisites that we do not make. */
const CHANGED: ReadonlyMap<number, string> = new Map([
  [7, 'YXRRSET: there are records by now'],
  [8, 'NXRRSET: the records are other ones by now'],
]);
const REFUSED: ReadonlyMap<number, string> = new Map([
  [1, 'FORMERR: it does not understand the update'],
  [4, 'NOTIMP: it takes no updates'],
  [5, 'REFUSED: the key may not change these records'],
  [9, 'NOTAUTH: it does not have the zone, or does not know the key'],
  [10, 'NOTZONE: the name is not in the zone'],
]);

interface Asked {
  readonly id: number;
  readonly mac: Buffer;
  readonly key: TsigKey;
  readonly now: Date;
}

function readAnswer(answer: Buffer, { id, ...signed }: Asked): Updated {
  const header = readHeader(answer);
  if (header.id !== id || !header.isResponse || header.opcode !== OPCODE_UPDATE)
    return { kind: 'fault', detail: 'it answers something else' };
  const verification = verifyMessage(answer, signed);
  if (typeof verification === 'object') return { kind: 'refused', detail: verification.error };
  const refused = REFUSED.get(header.rcode);
  // A server that does not take the key cannot sign that it does not.
  if (verification === 'unsigned' && refused !== undefined) return { kind: 'refused', detail: refused };
  if (verification !== 'good')
    return { kind: 'fault', detail: `its answer is ${verification === 'bad' ? 'signed with another key' : 'not signed'}` };
  if (header.rcode === 0) return { kind: 'done' };
  const changed = CHANGED.get(header.rcode);
  if (changed !== undefined) return { kind: 'changed', detail: changed };
  return refused === undefined ? { kind: 'fault', detail: `response code ${header.rcode}` } : { kind: 'refused', detail: refused };
}

/** One message and its answer. Rejects with what the socket says, and when the deadline has passed. */
async function exchangeOverTcp({ address, port }: DnsServer, message: Buffer, signal: Cancellation): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = connect({ host: address, port, noDelay: true });
  const chunks: Buffer[] = [];
  let received = 0;
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the connection was closed before the end of the answer')));
  socket.on('connect', () => socket.write(withPrefix(message)));
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    received += chunk.length;
    const expected = expectedOctets(chunks);
    if (expected !== undefined && received >= expected) resolve(Buffer.concat(chunks).subarray(PREFIX_OCTETS, expected));
  });
  try {
    const answer = await until(promise, signal, () => undefined);
    if (answer === undefined) throw new Error('no answer');
    return answer;
  } finally {
    socket.destroy();
  }
}

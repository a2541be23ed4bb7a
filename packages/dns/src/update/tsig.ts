import { createHmac, timingSafeEqual } from 'node:crypto';
import { name as nameSection } from 'dns-packet';
import { TSIG_FUDGE_SECONDS } from '../limits.ts';
import { endOfName, readHeader, skipSections } from './walk-message.ts';

/** Algorithms by their names on the wire (RFC 8945 §6); those that are not to be used any more are left out. */
const HASHES = { 'hmac-sha256': 'sha256', 'hmac-sha384': 'sha384', 'hmac-sha512': 'sha512' } as const;

/** How messages are signed. */
export type TsigAlgorithm = keyof typeof HASHES;

/** All of them. */
export const TSIG_ALGORITHMS: readonly TsigAlgorithm[] = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'];

/** A key that a name server shares with us. */
export interface TsigKey {
  /** Without the final dot. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Uint8Array;
}

/** A signed message, and its MAC, which the signature of the answer covers. */
export interface Signed {
  readonly bytes: Buffer;
  readonly mac: Buffer;
}

const TYPE_TSIG = 250;
const CLASS_ANY = 255;
const ARCOUNT_AT = 10;

/** Signs a message that has no TSIG record yet (RFC 8945 §5.1). */
export function signMessage(message: Buffer, key: TsigKey, now: Date): Signed {
  const timeSeconds = Math.floor(now.getTime() / 1000);
  const fields = { timeSeconds, fudge: TSIG_FUDGE_SECONDS, error: 0, other: Buffer.alloc(0) };
  const mac = macOf(key, [message, variablesOf(key, fields)]);
  const rdata = Buffer.concat([
    wire(key.algorithm),
    time48(timeSeconds),
    u16(TSIG_FUDGE_SECONDS),
    u16(mac.length),
    mac,
    message.subarray(0, 2),
    u16(0),
    u16(0),
  ]);
  const record = Buffer.concat([wire(key.name), u16(TYPE_TSIG), u16(CLASS_ANY), Buffer.alloc(4), u16(rdata.length), rdata]);
  const bytes = Buffer.concat([message, record]);
  bytes.writeUInt16BE(message.readUInt16BE(ARCOUNT_AT) + 1, ARCOUNT_AT);
  return { bytes, mac };
}

/**
 * What the signature of an answer is worth. `error`: the server did not take ours, and says why, mostly without a signature (RFC 8945 §5.2); nobody vouches for
 * that either.
 */
export type Verification = 'good' | 'unsigned' | 'bad' | { readonly error: string };

/** RFC 8945 §3. */
const ERRORS: ReadonlyMap<number, string> = new Map([
  [16, 'BADSIG: the secret is another one'],
  [17, 'BADKEY: it does not know the key, or not with this algorithm, or not for this zone'],
  [18, 'BADTIME: its clock and ours differ by more than five minutes'],
  [22, 'BADTRUNC'],
]);

/** Verifies the answer to a message with that MAC (RFC 8945 §5.3). @throws RangeError for a message that is cut */
export function verifyMessage(
  answer: Buffer,
  { key, mac, now }: { readonly key: TsigKey; readonly mac: Buffer; readonly now: Date },
): Verification {
  const found = readTsig(answer);
  if (found === undefined) return 'unsigned';
  const { tsig, start } = found;
  const error = ERRORS.get(tsig.error);
  if (error !== undefined && tsig.mac.length === 0) return { error };
  if (tsig.keyName !== wire(key.name).toString('latin1') || tsig.algorithm !== wire(key.algorithm).toString('latin1')) return 'bad';
  const plain = Buffer.from(answer.subarray(0, start));
  plain.writeUInt16BE(tsig.originalId, 0);
  plain.writeUInt16BE(answer.readUInt16BE(ARCOUNT_AT) - 1, ARCOUNT_AT);
  const expected = macOf(key, [u16(mac.length), mac, plain, variablesOf(key, tsig)]);
  if (tsig.mac.length !== expected.length || !timingSafeEqual(tsig.mac, expected)) return 'bad';
  if (error !== undefined) return { error };
  return Math.abs(now.getTime() / 1000 - tsig.timeSeconds) <= tsig.fudge ? 'good' : 'bad';
}

interface Variables {
  readonly timeSeconds: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Buffer;
}

/** RFC 8945 §4.3.3. */
function variablesOf(key: TsigKey, { timeSeconds, fudge, error, other }: Variables): Buffer {
  return Buffer.concat([
    wire(key.name),
    u16(CLASS_ANY),
    Buffer.alloc(4),
    wire(key.algorithm),
    time48(timeSeconds),
    u16(fudge),
    u16(error),
    u16(other.length),
    other,
  ]);
}

interface Tsig extends Variables {
  /** On the wire, in lower case. */
  readonly keyName: string;
  readonly algorithm: string;
  readonly mac: Buffer;
  readonly originalId: number;
}

/** The TSIG record, which is the last of a message, and where it starts. Names in it are not compressed (RFC 8945 §4.2). */
function readTsig(message: Buffer): { readonly tsig: Tsig; readonly start: number } | undefined {
  const { additionals } = readHeader(message);
  if (additionals === 0) return undefined;
  const start = skipSections(message, additionals - 1);
  const afterName = endOfName(message, start);
  if (message.readUInt16BE(afterName) !== TYPE_TSIG) return undefined;
  let at = afterName + 10;
  const take = (length: number): Buffer => {
    if (at + length > message.length) throw new RangeError('the message is cut');
    at += length;
    return message.subarray(at - length, at);
  };
  const algorithm = take(endOfName(message, at) - at);
  const timeSeconds = take(6).readUIntBE(0, 6);
  const fudge = take(2).readUInt16BE(0);
  const mac = take(take(2).readUInt16BE(0));
  const originalId = take(2).readUInt16BE(0);
  const error = take(2).readUInt16BE(0);
  const other = take(take(2).readUInt16BE(0));
  const lower = (name: Buffer): string => name.toString('latin1').toLowerCase();
  const tsig = {
    keyName: lower(message.subarray(start, afterName)),
    algorithm: lower(algorithm),
    timeSeconds,
    fudge,
    mac,
    originalId,
    error,
    other,
  };
  return { tsig, start };
}

function macOf({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(HASHES[algorithm], secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** A name on the wire, in lower case, as the signature covers it (RFC 4034 §6.2). */
function wire(name: string): Buffer {
  return Buffer.from(nameSection.encode(name.toLowerCase()));
}

function u16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value);
  return octets;
}

function time48(seconds: number): Buffer {
  const octets = Buffer.alloc(6);
  octets.writeUIntBE(seconds, 0, 6);
  return octets;
}

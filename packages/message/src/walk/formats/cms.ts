import { FORMAT_DEPTH_MAX, RECORDS_MAX } from '../../limits.ts';
import { type ByteScript, type Cursor, pass, take } from '../byte-script.ts';
import type { ByteSink } from '../byte-sink.ts';

/** What a CMS structure is (RFC 5652): its signed content was given away, it has none, or it cannot be looked into. */
export type CmsKind = 'content' | 'no-content' | 'encrypted' | 'unknown' | 'damaged';

const PKCS7 = '2a864886f70d0107';
const SIGNED_DATA = `${PKCS7}02`;
/** EnvelopedData, EncryptedData, AuthEnvelopedData (RFC 5083). */
const ENCRYPTED: ReadonlySet<string> = new Set([`${PKCS7}03`, `${PKCS7}04`, `${PKCS7}06`, '2a864886f70d0109100117']);
const OBJECT_IDENTIFIER_MAX_BYTES = 32;

/**
 * Reads a ContentInfo (RFC 5652 §3) and gives the octets of the content that a SignedData (§5) carries to `to`, which is not ended.
 * Lengths of outer elements are not needed for that: the elements follow each other in one order.
 */
export function* readSignedContent(cursor: Cursor, to: ByteSink): ByteScript<CmsKind> {
  if (!(yield* enter(SEQUENCE))) return 'damaged';
  const type = yield* readObjectIdentifier();
  if (type === undefined) return 'damaged';
  if (ENCRYPTED.has(type)) return 'encrypted';
  if (type !== SIGNED_DATA) return 'unknown';
  if (!(yield* enter(CONTEXT_0)) || !(yield* enter(SEQUENCE))) return 'damaged';
  if (!(yield* skip(INTEGER)) || !(yield* skip(SET))) return 'damaged';
  const encapsulated = yield* readDerHead();
  if (encapsulated?.tag !== SEQUENCE) return 'damaged';
  const start = cursor.position;
  if ((yield* readObjectIdentifier()) === undefined) return 'damaged';
  // Signatures beside the content (multipart/signed) have none here.
  if (encapsulated.length !== undefined && cursor.position - start >= encapsulated.length) return 'no-content';
  const explicit = yield* readDerHead();
  if (explicit?.tag === END_OF_CONTENTS) return 'no-content';
  if (explicit?.tag !== CONTEXT_0) return 'damaged';
  return (yield* readOctetString(yield* readDerHead(), cursor, to)) ? 'content' : 'damaged';
}

function* enter(tag: number): ByteScript<boolean> {
  return (yield* readDerHead())?.tag === tag;
}

function* readObjectIdentifier(): ByteScript<string | undefined> {
  const head = yield* readDerHead();
  if (head?.tag !== OBJECT_IDENTIFIER || head.length === undefined || head.length > OBJECT_IDENTIFIER_MAX_BYTES) return undefined;
  return (yield* take(head.length))?.toString('hex');
}

/** Skips one element with this tag; elements of indefinite length with all that is in them. */
function* skip(tag: number): ByteScript<boolean> {
  const first = yield* readDerHead();
  if (first?.tag !== tag) return false;
  let depth = 0;
  let head: DerHead | undefined = first;
  for (let count = 0; count < RECORDS_MAX && head !== undefined; count += 1) {
    if (head.length === undefined) depth += 1;
    else if (head.tag === END_OF_CONTENTS) depth -= 1;
    else yield* pass(head.length);
    if (depth === 0) return true;
    if (depth > FORMAT_DEPTH_MAX) return false;
    head = yield* readDerHead();
  }
  return false;
}

/** Primitive, or constructed of pieces, which may again be constructed (X.690 §8.7). */
function* readOctetString(first: DerHead | undefined, cursor: Cursor, to: ByteSink): ByteScript<boolean> {
  // Every turn reads a head or ends, so the stream bounds the loop.
  /** Where open pieces end; undefined for the indefinite form. */
  const ends: (number | undefined)[] = [];
  let head = first;
  while (head !== undefined) {
    if (head.tag === OCTET_STRING && head.length !== undefined) yield* pass(head.length, to);
    else if (head.tag === CONSTRUCTED_OCTET_STRING) ends.push(head.length === undefined ? undefined : cursor.position + head.length);
    else if (head.tag === END_OF_CONTENTS && ends.length > 0 && ends.at(-1) === undefined) ends.pop();
    else return false;
    while (ends.length > 0 && (ends.at(-1) ?? Number.POSITIVE_INFINITY) <= cursor.position) ends.pop();
    if (cursor.ended || ends.length > FORMAT_DEPTH_MAX) return false;
    if (ends.length === 0) return true;
    head = yield* readDerHead();
  }
  return false;
}

/** The head of one BER element (X.690 §8.1). */
interface DerHead {
  readonly tag: number;
  /** Octets of the content; undefined for the indefinite form, which ends with {@link END_OF_CONTENTS}. */
  readonly length: number | undefined;
}

/** X.690 §8.1.5: two zero octets. */
const END_OF_CONTENTS = 0;
const SEQUENCE = 0x30;
const SET = 0x31;
const OBJECT_IDENTIFIER = 0x06;
const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const CONSTRUCTED_OCTET_STRING = 0x24;
/** Explicit `[0]`. */
const CONTEXT_0 = 0xa0;

/** Messages are below 2^32 octets; no length may need more. */
const LENGTH_MAX_OCTETS = 4;

/** Reads one head; undefined when it is damaged or in a form that CMS does not use. */
function* readDerHead(): ByteScript<DerHead | undefined> {
  const head = yield* take(2);
  const tag = head?.[0];
  const first = head?.[1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  if (first < 0x80) return { tag, length: first };
  if (first === 0x80) return { tag, length: undefined };
  const count = first & 0x7f;
  const octets = count > LENGTH_MAX_OCTETS ? undefined : yield* take(count);
  return octets === undefined ? undefined : { tag, length: octets.readUIntBE(0, count) };
}

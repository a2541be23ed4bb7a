import type { Content } from '@vratny/message';
import { type Cancellation, giveWay, throwIfAborted } from '@vratny/waiting';
import type { ARCResult, DKIMResult, DNSResolver } from 'mailauth';
import { arc as verifyArc } from 'mailauth/lib/arc/index.js';
import { DkimVerifier, type HeaderRow, type KeyCache, type SignatureField } from 'mailauth/lib/dkim/dkim-verifier.js';
import {
  AUTHOR_ADDRESS_MAX_CHARS,
  AUTHOR_FIELDS_MAX_BYTES,
  DKIM_SIGNATURES_MAX,
  DOMAIN_MAX_CHARS,
  HEADER_TURN_BYTES,
  SIGNATURE_FIELD_MAX_BYTES,
  SIGNATURE_FIELDS_MAX_BYTES,
  SIGNATURE_NON_ASCII_MAX,
  SIGNATURE_TAGS_MAX,
  SIGNATURE_WHITE_SPACE_MAX,
  SIGNED_FIELDS_MAX_BYTES,
  SIGNED_NAMES_MAX,
} from '../../limits.ts';
import { createBodyHashes } from './body-hashes.ts';

/** The results of the signatures of a message, and its authors. */
export interface VerifiedSignatures {
  /** Of the signatures that were checked; one with `none` when the message has none. */
  readonly dkim: readonly DKIMResult[];
  /** Why signatures were not checked. */
  readonly dkimReasons: readonly string[];
  /** Undefined when the message has no ARC field that was checked. */
  readonly arc: ARCResult | undefined;
  readonly arcReason: string | undefined;
  /** Addresses of the From fields. */
  readonly authors: readonly string[];
  readonly fromFields: number;
  /** Why the authors were not read. */
  readonly authorReason: string | undefined;
}

interface Message {
  readonly content: Content;
  readonly bodyStart: number;
  /** The client's, for the ARC result. */
  readonly ip: string;
}

/**
 * DKIM (RFC 6376) and ARC (RFC 8617) over the spooled message by mailauth, in bounded steps between which other work of
 * the process runs. Rejects when `signal` is aborted, or the spool cannot be read.
 */
export async function verifySignatures(
  { content, bodyStart, ip }: Message,
  resolver: DNSResolver,
  signal: Cancellation,
): Promise<VerifiedSignatures> {
  const rows = await readHeaderRows(content, bodyStart);
  const bounded = boundSignatures(rows);
  const verifier = new Verifier({ resolver, strict: true, sender: 'unused@invalid' });
  yieldingVerifier(verifier);
  // The fields that are read. Return-Path and Content-Type are not needed; others are only covered by signatures.
  await verifier.messageHeaders({ parsed: bounded.checked });
  const dkimReasons = [...bounded.dkim];
  let arcReason = bounded.arc;
  for (const signature of [...verifier.signatureHeaders]) {
    const reason = unverifiable(signature, rows);
    if (reason === undefined) continue;
    verifier.signatureHeaders.splice(verifier.signatureHeaders.indexOf(signature), 1);
    if (signature.type === 'DKIM') dkimReasons.push(reason);
    else arcReason = reason;
  }
  const names = new Set(verifier.signatureHeaders.flatMap(signedNames));
  verifier.headers = { parsed: rows.filter(({ key }) => names.has(key)) };
  const tooLong = verifier.headerFrom.some((address) => address.length > AUTHOR_ADDRESS_MAX_CHARS);
  if (tooLong) verifier.headerFrom = [];
  await hashBody(verifier, content, bodyStart, signal);
  await verifier.finalChunk();
  const arc = arcReason === undefined ? await chainOf(verifier, resolver, ip) : undefined;
  return {
    dkim: dkimReasons.length > 0 ? verifier.results.filter(({ status }) => status.result !== 'none') : verifier.results,
    dkimReasons,
    arc,
    arcReason,
    authors: verifier.headerFrom,
    fromFields: rows.filter(({ key }) => key === 'from').length,
    authorReason: bounded.author ?? (tooLong ? `an author of more than ${AUTHOR_ADDRESS_MAX_CHARS} characters` : unclearAuthors(rows)),
  };
}

/** Several From fields are reported as such. */
function unclearAuthors(rows: Awaited<ReturnType<typeof readHeaderRows>>): string | undefined {
  const [from, ...others] = rows.filter(({ key }) => key === 'from');
  if (from === undefined || others.length > 0) return undefined;
  return isUnclearAuthor(from.line.toString('latin1')) ? 'an author that can be read in several ways in From' : undefined;
}

/** Yields after each signature. */
class Verifier extends DkimVerifier {
  override async verifySignature(...question: Parameters<DkimVerifier['verifySignature']>): ReturnType<DkimVerifier['verifySignature']> {
    await giveWay();
    return super.verifySignature(...question);
  }
}

/** Yields before each key: the canonicalization before it and the RSA operation after it take one turn each. */
function yieldingVerifier(verifier: DkimVerifier): void {
  const cache = verifier.keyCache;
  const given: KeyCache = {
    resolver: cache.resolver,
    get(...question) {
      const answer = giveWay().then(async () => cache.get(...question));
      // ARC asks for all keys before it waits for the first.
      answer.catch(() => undefined);
      return answer;
    },
  };
  verifier.keyCache = given;
  verifier.arc.keyCache = given;
}

/** A chain that cannot be parsed has failed (RFC 8617 §5.2). */
async function chainOf({ arc }: DkimVerifier, resolver: DNSResolver, ip: string): Promise<ARCResult | undefined> {
  if (arc.chain === false && arc.error === undefined) return undefined;
  // The keys are a property that a copy does not have.
  const chain = Object.assign(arc, { chain: arc.chain === false ? [] : arc.chain });
  return verifyArc(chain, { resolver, strict: true, ip });
}

async function hashBody(verifier: DkimVerifier, content: Content, bodyStart: number, signal: Cancellation): Promise<void> {
  const hashes = createBodyHashes(verifier.bodyHashes.keys());
  for (const [key, hasher] of hashes.hashers) verifier.bodyHashes.set(key, hasher);
  if (hashes.hashers.size === 0) return;
  for await (const chunk of content.read({ start: bodyStart, end: content.sizeBytes })) {
    throwIfAborted(signal);
    await hashes.update(chunk);
    await giveWay();
  }
}

/**
 * Whether a From field (its whole row, folded) may be read as mail of other authors than the one that our parser finds:
 * text with a second address that no comma separates from the first, an address behind or beside one in brackets, or
 * white space within an address. Quoted strings and comments are not part of an address; a display name before the
 * brackets that contains one is a name. Linear, and never throws.
 */
export function isUnclearAuthor(row: string): boolean {
  const value = withoutQuotesAndComments(row.slice(row.indexOf(':') + 1));
  // The name of a group stands before its colon; its members are mailboxes like others.
  return value.split(/[,;:]/u).some(isUnclearMailbox);
}

function isUnclearMailbox(text: string): boolean {
  const open = text.indexOf('<');
  if (open === -1) {
    const words = text.split(/\s+/u).filter((word) => word !== '');
    return words.length > 1 && words.some((word) => word.includes('@'));
  }
  const close = text.indexOf('>', open);
  const inside = text.slice(open + 1, close === -1 ? undefined : close).trim();
  const behind = close === -1 ? '' : text.slice(close + 1);
  return /\s/u.test(inside) || /[<@]/u.test(behind);
}

/** Replaces each quoted string by a letter, as a part of an address; comments nest. */
function withoutQuotesAndComments(text: string): string {
  let rest = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '\\') at += 1;
    else if (quoted) quoted = sign !== '"';
    else if (sign === '"' && depth === 0) {
      quoted = true;
      rest += 'q';
    } else if (sign === '(') depth += 1;
    else if (sign === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0) rest += sign;
  }
  return rest;
}

/** The signature and author fields that are checked, and the reasons for those that are not. */
interface SignatureRows {
  /** DKIM-Signature and ARC fields within the bounds, and the From fields, in the order of the message. */
  readonly checked: readonly HeaderRow[];
  /** One reason for each DKIM-Signature that is left out, or one for all of them. */
  readonly dkim: readonly string[];
  readonly arc: string | undefined;
  /** Why there is no author, as far as it is known before the From fields are read. */
  readonly author: string | undefined;
}

/**
 * Chooses the fields that are checked. Every bound is far above real mail, and every field that is left out has its
 * reason.
 */
function boundSignatures(rows: readonly HeaderRow[]): SignatureRows {
  const dkimRows = rows.filter(({ key }) => key === 'dkim-signature');
  const arcRows = rows.filter(({ key }) => key.startsWith('arc-'));
  const fromRows = rows.filter(({ key }) => key === 'from');
  const tooMany = tooManySignatures(dkimRows);
  const dkimReasons = tooMany === undefined ? dkimRows.map(unreadable) : [tooMany];
  const dkimChecked = tooMany === undefined ? dkimRows.filter((_row, index) => dkimReasons[index] === undefined) : [];
  const dkim = dkimReasons.filter((reason) => reason !== undefined);
  const arc = tooLargeTogether(arcRows) ?? arcRows.map(unreadable).find((reason) => reason !== undefined);
  const author = sizeOf(fromRows) > AUTHOR_FIELDS_MAX_BYTES ? `From fields of more than ${AUTHOR_FIELDS_MAX_BYTES} octets` : undefined;
  const checked = new Set([...dkimChecked, ...(arc === undefined ? arcRows : []), ...(author === undefined ? fromRows : [])]);
  return { checked: rows.filter((row) => checked.has(row)), dkim, arc, author };
}

function tooManySignatures(rows: readonly HeaderRow[]): string | undefined {
  if (rows.length > DKIM_SIGNATURES_MAX) return `more than ${DKIM_SIGNATURES_MAX} signatures, none was checked`;
  return tooLargeTogether(rows);
}

function tooLargeTogether(rows: readonly HeaderRow[]): string | undefined {
  return sizeOf(rows) > SIGNATURE_FIELDS_MAX_BYTES ? `signatures of more than ${SIGNATURE_FIELDS_MAX_BYTES} octets` : undefined;
}

function sizeOf(rows: readonly HeaderRow[]): number {
  let size = 0;
  for (const { line } of rows) size += line.length;
  return size;
}

const SEMICOLON = 0x3b;

/** Why a field is not read: mailauth takes quadratic time for white space and for non-ASCII characters. */
function unreadable({ line }: HeaderRow): string | undefined {
  if (line.length > SIGNATURE_FIELD_MAX_BYTES) return `a signature of more than ${SIGNATURE_FIELD_MAX_BYTES} octets`;
  let white = 0;
  let nonAscii = 0;
  let tags = 0;
  for (const octet of line) {
    white = octet <= 0x20 ? white + 1 : 0;
    if (white > SIGNATURE_WHITE_SPACE_MAX) return `more than ${SIGNATURE_WHITE_SPACE_MAX} octets of white space in a signature`;
    if (octet > 0x7f) nonAscii += 1;
    else if (octet === SEMICOLON) tags += 1;
  }
  if (tags > SIGNATURE_TAGS_MAX) return `more than ${SIGNATURE_TAGS_MAX} tags in a signature`;
  return nonAscii > SIGNATURE_NON_ASCII_MAX ? `more than ${SIGNATURE_NON_ASCII_MAX} octets outside ASCII in a signature` : undefined;
}

/** The names that a signature says it covers (its `h=`). */
function signedNames({ parsed }: SignatureField): readonly string[] {
  const h = parsed?.h;
  const value = typeof h === 'object' ? h.value : undefined;
  return typeof value === 'string' ? value.toLowerCase().split(':') : [];
}

/** Why a signature whose tags were read is not verified, in a message with these rows. */
function unverifiable(signature: SignatureField, rows: readonly HeaderRow[]): string | undefined {
  if (signature.signingDomain.length > DOMAIN_MAX_CHARS || signature.selector.length > DOMAIN_MAX_CHARS) {
    return `a domain of more than ${DOMAIN_MAX_CHARS} characters in a signature`;
  }
  const names = new Set(signedNames(signature));
  if (signedNames(signature).length > SIGNED_NAMES_MAX) return `more than ${SIGNED_NAMES_MAX} signed fields in a signature`;
  const signedBytes = sizeOf(rows.filter(({ key }) => names.has(key)));
  return signedBytes > SIGNED_FIELDS_MAX_BYTES ? `signed fields of more than ${SIGNED_FIELDS_MAX_BYTES} octets` : undefined;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
/** Octets of a first line that is no field which may be its name. */
const ODD_NAME_MAX = 1024;

/**
 * The header section as the rows that a signature covers (RFC 6376 §3.4). A line that is no field belongs to the row
 * above it, also when it does not begin with white space: that only adds octets to the signed ones.
 *
 * It replaces mailauth's reader, which takes quadratic time for folds. Linear, and it yields to other work.
 */
export async function readHeaderRows(content: Content, bodyStart: number): Promise<readonly HeaderRow[]> {
  const section = await gather(content, bodyStart);
  const end = endOfText(section);
  const rows: HeaderRow[] = [];
  let rowStart = 0;
  let turnEnds = HEADER_TURN_BYTES;
  for (let at = 0; at < end; at = nextLine(section, at, end)) {
    if (at > turnEnds) {
      turnEnds = at + HEADER_TURN_BYTES;
      await giveWay();
    }
    if (at === 0 || nameEnd(section, at, end) === undefined) continue;
    rows.push(rowOf(section, rowStart, at));
    rowStart = at;
  }
  if (end > 0) rows.push(rowOf(section, rowStart, end));
  return rows;
}

async function gather(content: Content, bodyStart: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content.read({ start: 0, end: bodyStart })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Without the line ends at the end. */
function endOfText(section: Buffer): number {
  let end = section.length;
  while (end > 0 && (section[end - 1] === LF || section[end - 1] === CR)) end -= 1;
  return end;
}

function nextLine(section: Buffer, at: number, end: number): number {
  const lf = section.indexOf(LF, at);
  return lf === -1 || lf >= end ? end : lf + 1;
}

function isWhite(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB || octet === CR;
}

/** Where the name ends, when a field begins at `at`: RFC 5322 §3.6.8 and §4.5; at most one fold before the colon. */
function nameEnd(section: Buffer, at: number, end: number): number | undefined {
  let nameEnds = at;
  for (
    let octet = section[nameEnds] ?? 0;
    nameEnds < end && octet > SPACE && octet < 0x7f && octet !== COLON;
    octet = section[nameEnds] ?? 0
  ) {
    nameEnds += 1;
  }
  if (nameEnds === at) return undefined;
  let colon = nameEnds;
  while (colon < end && isWhite(section[colon])) colon += 1;
  if (section[colon] === LF) colon += 1;
  while (colon < end && isWhite(section[colon])) colon += 1;
  return colon < end && section[colon] === COLON ? nameEnds : undefined;
}

function rowOf(section: Buffer, start: number, next: number): HeaderRow {
  let end = next;
  if (end > start && section[end - 1] === LF) end -= 1;
  if (end > start && section[end - 1] === CR) end -= 1;
  const casedKey = nameOf(section, start, end);
  return { key: casedKey.replace(/[A-Z]/gu, (letter) => letter.toLowerCase()), casedKey, line: section.subarray(start, end) };
}

/**
 * The name of a first line that is no field is all that stands before its colon, so that ` From:` is read as mail
 * readers read it.
 */
function nameOf(section: Buffer, start: number, end: number): string {
  const nameEnds = nameEnd(section, start, end);
  if (nameEnds !== undefined) return section.toString('latin1', start, nameEnds);
  const colon = section.subarray(start, Math.min(end, start + ODD_NAME_MAX)).indexOf(COLON);
  return colon === -1
    ? ''
    : section
        .toString('latin1', start, start + colon)
        .replace(/\r?\n/gu, '')
        .trim();
}

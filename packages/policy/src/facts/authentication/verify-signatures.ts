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
  SIGNATURE_FIELD_MAX_BYTES,
  SIGNATURE_FIELDS_MAX_BYTES,
  SIGNATURE_NON_ASCII_MAX,
  SIGNATURE_TAGS_MAX,
  SIGNATURE_WHITE_SPACE_MAX,
  SIGNED_FIELDS_MAX_BYTES,
  SIGNED_NAMES_MAX,
} from '../../limits.ts';
import { createBodyHashes } from './body-hashes.ts';
import { readHeaderRows } from './header-rows.ts';

/** What the signatures of a message say, and who its authors are. */
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
 * DKIM (RFC 6376) and ARC (RFC 8617) over the spooled message: mailauth's rules, in steps of which each is bounded and after which other work
 * of the process gets its turn. Rejects when `signal` says so, or the spool cannot be read.
 */
export async function verifySignatures(
  { content, bodyStart, ip }: Message,
  resolver: DNSResolver,
  signal: Cancellation,
): Promise<VerifiedSignatures> {
  const rows = await readHeaderRows(content, bodyStart);
  const bounded = boundSignatures(rows);
  const verifier = new Verifier({ resolver, strict: true, sender: 'unused@invalid' });
  givesWay(verifier);
  // The fields that are read as such; Return-Path and Content-Type are of no use here, and others are only covered by signatures.
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
    authorReason: bounded.author ?? (tooLong ? `an author of more than ${AUTHOR_ADDRESS_MAX_CHARS} characters` : unclearOf(rows)),
  };
}

/** Where there are several From fields that is what is said. */
function unclearOf(rows: Awaited<ReturnType<typeof readHeaderRows>>): string | undefined {
  const [from, ...others] = rows.filter(({ key }) => key === 'from');
  if (from === undefined || others.length > 0) return undefined;
  return isUnclearAuthor(from.line.toString('latin1')) ? 'an author that can be read in several ways in From' : undefined;
}

/** Each signature has a turn of its own. */
class Verifier extends DkimVerifier {
  override async verifySignature(...question: Parameters<DkimVerifier['verifySignature']>): ReturnType<DkimVerifier['verifySignature']> {
    await giveWay();
    return super.verifySignature(...question);
  }
}

/** Each key is asked for in a turn of its own: the canonicalization before it and the RSA operation behind it are one turn's work each. */
function givesWay(verifier: DkimVerifier): void {
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

/** A chain that cannot be read is a failed one (RFC 8617 §5.2). */
async function chainOf({ arc }: DkimVerifier, resolver: DNSResolver, ip: string): Promise<ARCResult | undefined> {
  if (arc.chain === false && arc.error === undefined) return undefined;
  // The keys are a hidden property, which a copy loses.
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
 * Whether a From field (its whole row, folded) can be read as mail of other authors than the one that a reader of ours finds: text with a second address that no
 * comma divides from the first, an address behind or beside one in brackets, white space within an address. Quoted strings and comments are no part of
 * an address; a display name that holds one before the brackets is a name. Linear, and never throws.
 */
export function isUnclearAuthor(row: string): boolean {
  const value = withoutQuotesAndComments(row.slice(row.indexOf(':') + 1));
  // A group's name stands before its colon; what it holds are mailboxes like others.
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

/** Each quoted string is a letter, as it would be in an address; comments nest. */
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

/** The rows that say who vouches for the message, and what is not checked of them, with the reason. */
interface SignatureRows {
  /** DKIM-Signature and ARC fields within the bounds, and the From fields, in the order of the message. */
  readonly checked: readonly HeaderRow[];
  /** One reason for each DKIM-Signature that is left out, or one for all of them. */
  readonly dkim: readonly string[];
  readonly arc: string | undefined;
  /** Why there is no author, as far as it shows before the From fields are read. */
  readonly author: string | undefined;
}

/** Chooses what is checked. Every bound is far above what honest mail has, and everything left out has its reason. */
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

/** Why a field is not read: parts of mailauth take time with the square of its white space or of its other scripts. */
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

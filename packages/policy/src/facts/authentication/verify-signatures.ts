import type { Content } from '@vratny/message';
import { type Cancellation, giveWay, throwIfAborted } from '@vratny/waiting';
import type { ARCResult, DKIMResult, DNSResolver } from 'mailauth';
import { arc as verifyArc } from 'mailauth/lib/arc/index.js';
import { DkimVerifier, type KeyCache } from 'mailauth/lib/dkim/dkim-verifier.js';
import { AUTHOR_ADDRESS_MAX_CHARS } from '../../limits.ts';
import { createBodyHashes } from './body-hashes.ts';
import { readHeaderRows } from './header-rows.ts';
import { boundSignatures, signedNames, unverifiable } from './signature-bounds.ts';
import { isUnclearAuthor } from './unclear-author.ts';

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

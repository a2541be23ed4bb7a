import { formatReversePath, type ReversePath } from '@vratny/smtp';

/** `prvs=TAG=local` (BATV, draft-levine-smtp-batv), with its variants: `btv1==TAG==local`, `msprvs1=TAG=local`. */
const BATV = /^(?:prvs|btv1|msprvs1)=+[^=]+=+(?<local>.+)$/u;

/** `SRS0=HASH=TIME=domain=local` and `SRS1=HASH=forwarder==HASH=TIME=domain=local` (Sender Rewriting Scheme); the sign after the name varies. */
const SRS = /^srs[01][=+-](?:[^=]+=[^=]+==)?[^=]+=[^=]+=(?<origin>[^=]+=.+)$/u;

/** Pieces between signs. */
const PIECES = /[^._=+-]+/gu;

/**
 * What stays the same in the addresses that one sender uses: without case; without BATV's and SRS's signatures; without an extension after `+`; without the
 * recipient that VERP writes into it (`list-return-12-alice=example.org@`); numbers and long identifiers as `#`. Two senders of a domain may come to be one; two
 * domains never do.
 */
export function stableSender(sender: ReversePath): string {
  if (sender === null) return '';
  const local = stableLocal(sender.local.toLowerCase());
  return formatReversePath({ ...sender, local }).toLowerCase();
}

function stableLocal(local: string): string {
  const signed = BATV.exec(local)?.groups?.['local'];
  if (signed !== undefined) return stableLocal(signed);
  const origin = SRS.exec(local)?.groups?.['origin'];
  if (origin !== undefined) return `srs=${numbered(origin)}`;
  const plus = local.indexOf('+');
  const stem = plus > 0 ? local.slice(0, plus) : local;
  return numbered(withoutRecipient(stem)).replace(/#(?:[._=+-]+#)+/gu, '#');
}

/** A `=` in a local part stands for the `@` of a recipient: what is before it changes from the last number on, or else from the last sign. */
function withoutRecipient(stem: string): string {
  const equals = stem.indexOf('=');
  if (equals < 0) return stem;
  const before = stem.slice(0, equals);
  const numberedStem = /^.*?[._+-]\d+(?=[._+-])/u.exec(before)?.[0];
  return numberedStem ?? before.replace(/[._+-][^._+-]*$/u, '');
}

function numbered(text: string): string {
  return text.replace(PIECES, (piece) => (isIdentifier(piece) ? '#' : piece));
}

/** All digits; or hexadecimal of at least 8 characters, or any 20 and more, with a digit among them. */
function isIdentifier(piece: string): boolean {
  if (!/\d/u.test(piece)) return false;
  return /^\d+$/u.test(piece) || /^[\da-f]{8,}$/u.test(piece) || piece.length >= 20;
}

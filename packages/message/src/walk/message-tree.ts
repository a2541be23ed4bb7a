import type { Range } from '../content.ts';
import type { Oddity, OddityKind } from './oddity.ts';

/**
 * How a run of octets is to be decoded. `binhex` yields the whole BinHex stream, `cms` the signed content.
 * Base64 that is not as it should be is decoded in several ways: `base64` passes over what does not belong there and goes on behind padding,
 * `base64-padded` ends at padding, `base64-strict` at what does not belong there too, `base64-url` takes `-` and `_` for digits,
 * `base64-lines` passes over whole lines with something that does not belong there.
 */
export type PartEncoding =
  | 'identity'
  | 'base64'
  | 'base64-padded'
  | 'base64-strict'
  | 'base64-url'
  | 'base64-lines'
  | 'quoted-printable'
  | 'uuencode'
  | 'yenc'
  | 'binhex'
  | 'cms';

/** Take this range of what the step before gave (the first: of the Content), then decode it. */
export interface DecodeStep extends Range {
  readonly encoding: PartEncoding;
}

/** What a part is: a MIME entity, or a file inside a body or container. `container`: decoded content that is itself looked into. */
export type PartForm = 'entity' | 'uuencode' | 'yenc' | 'binhex' | 'tnef' | 'apple' | 'signed' | 'stray';

/** One part of a message. */
export interface MessagePart {
  /** `1` is the message itself, `1.2` its second part; files inside bodies count as parts of the body they are in. */
  readonly path: string;
  /** Path of the part that this one is in; undefined for the message itself. */
  readonly parent: string | undefined;
  /** 0 for the message itself. */
  readonly depth: number;
  readonly form: PartForm;
  /** Lower case, of the copy that structures most (multipart, then message, then the first). */
  readonly mediaType: string;
  readonly transferEncoding: PartEncoding;
  /** Lower case: `attachment`, `inline`, ...; undefined when not said. */
  readonly disposition: string | undefined;
  /** Every name in every form and reading, the likeliest first; no two equal. */
  readonly names: readonly string[];
  /** Names that a reader shows and would not save a file under: the subject of an attached message. */
  readonly titles: readonly string[];
  /** Header section in the octets that the chain gives without its last step; undefined for files inside bodies. */
  readonly header: Range | undefined;
  /** The encoded body, in the same octets as `header`; the range of the last step of `chain`. */
  readonly body: Range;
  /** From the Content to the decoded body. */
  readonly chain: readonly DecodeStep[];
  /** To what other readers decode, where the encoding is doubtful. */
  readonly otherChains: readonly (readonly DecodeStep[])[];
  /** An octet stands in the decoded content that no text has. Known of parts that are shown as text, and of messages. */
  readonly binary: boolean;
  /** The end of a report cuts it off: what is missing says nothing. */
  readonly cut: boolean;
}

/** A message as the walker saw it. */
export interface MessageTree {
  /** In the order in which they begin. */
  readonly parts: readonly MessagePart[];
  /** One of a kind and part. */
  readonly oddities: readonly Oddity[];
}

/** Types that a reader shows as the text of the mail or that only hold other parts. */
const SHOWN_AS_TEXT = /^(?:text\/(?:plain|html|enriched|richtext|x-amp-html|watch-html|rfc822-headers)|multipart\/.*|message\/.*)$/u;

/** What keeps us from knowing what a body holds. */
const NOT_LOOKED_AT: ReadonlySet<OddityKind> = new Set<OddityKind>(['limit', 'too-deep', 'partial-message', 'undecodable']);

/**
 * True when the message has something like an attachment: a part that is neither text, nor a container of parts; a name; an embedded
 * file; `Content-Disposition: attachment`; or a body that could not be looked into.
 */
export function carriesAttachment(tree: MessageTree): boolean {
  return tree.parts.some(isAttachment) || tree.oddities.some(({ kind }) => NOT_LOOKED_AT.has(kind));
}

function isAttachment(part: MessagePart): boolean {
  if (part.form !== 'entity' || part.names.length > 0 || !SHOWN_AS_TEXT.test(part.mediaType)) return true;
  if (part.mediaType.startsWith('multipart/') && part.transferEncoding === 'base64') return true;
  return part.disposition !== undefined && part.disposition !== 'inline' && !part.mediaType.startsWith('multipart/');
}

/**
 * True when a part is to be offered to readers of archives: whatever its type, unless it is text that a reader shows as the mail itself or
 * only holds other parts, and neither its name nor its content says otherwise. A multipart is asked for only where its body may be a file.
 */
export function mayHoldFiles({ mediaType, names, transferEncoding, binary, otherChains }: MessagePart): boolean {
  if (binary) return true;
  if (mediaType.startsWith('multipart/')) return otherChains.length > 0;
  if (mediaType.startsWith('message/') || mediaType === 'text/rfc822-headers') return false;
  return names.length > 0 || transferEncoding === 'base64' || !/^text\/(?:plain|html)$/u.test(mediaType);
}

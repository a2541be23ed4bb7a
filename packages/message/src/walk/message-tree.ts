import type { Range } from '../content.ts';
import type { Oddity } from './oddity.ts';

/** How a run of octets is to be decoded. `binhex` yields the whole BinHex stream, `cms` the signed content. */
export type PartEncoding = 'identity' | 'base64' | 'quoted-printable' | 'uuencode' | 'yenc' | 'binhex' | 'cms';

/** Take this range of what the step before gave (the first: of the Content), then decode it. */
export interface DecodeStep extends Range {
  readonly encoding: PartEncoding;
}

/** What a part is: a MIME entity, or a file inside a body or container. `container`: decoded content that is itself looked into. */
export type PartForm = 'entity' | 'uuencode' | 'yenc' | 'binhex' | 'tnef' | 'apple' | 'stray';

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
  /** Header section in the octets that the chain gives without its last step; undefined for files inside bodies. */
  readonly header: Range | undefined;
  /** The encoded body, in the same octets as `header`; the range of the last step of `chain`. */
  readonly body: Range;
  /** From the Content to the decoded body. */
  readonly chain: readonly DecodeStep[];
}

/** A message as the walker saw it. */
export interface MessageTree {
  /** In the order in which they begin. */
  readonly parts: readonly MessagePart[];
  /** One of a kind and part. */
  readonly oddities: readonly Oddity[];
}

/** Types that a reader shows as the text of the mail or that only hold other parts. */
const SHOWN_AS_TEXT = /^(?:text\/(?:plain|html|enriched|richtext|x-amp-html|watch-html)|multipart\/.*|message\/.*)$/u;

/**
 * True when the message has something like an attachment: a part that is neither text, nor a container of parts; a name; an embedded
 * file; `Content-Disposition: attachment`; or a body that could not be looked into.
 */
export function carriesAttachment(tree: MessageTree): boolean {
  return (
    tree.parts.some(isAttachment) ||
    tree.oddities.some(({ kind }) => kind === 'limit' || kind === 'partial-message' || kind === 'undecodable')
  );
}

function isAttachment(part: MessagePart): boolean {
  if (part.form !== 'entity' || part.names.length > 0 || !SHOWN_AS_TEXT.test(part.mediaType)) return true;
  if (part.mediaType.startsWith('multipart/') && part.transferEncoding === 'base64') return true;
  return part.disposition !== undefined && part.disposition !== 'inline' && !part.mediaType.startsWith('multipart/');
}

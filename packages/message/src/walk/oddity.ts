/**
 * What readers of mail take differently, or what could not be looked into. The second column says whether two readers may see different
 * *structure or content*: that is ambiguous. What is not ambiguous is a note for the trace.
 */
const AMBIGUITY = {
  /** Two Content-Type fields that name different types. */
  'conflicting-type': true,
  /** Two Content-Disposition fields that differ in kind. */
  'conflicting-disposition': true,
  /** Two Content-Transfer-Encoding fields that differ. */
  'conflicting-encoding': true,
  /** One field has the same parameter twice, with different values. */
  'duplicate-parameter': true,
  /** `name` and `filename` end in different extensions. */
  'conflicting-names': true,
  /** A quoted parameter that does not end. */
  'unterminated-parameter': true,
  /** RFC 2231 sections that are missing or there twice. */
  'broken-continuation': true,
  /** A multipart or message type that only some readers recognise. */
  'malformed-type': true,
  /** A transfer encoding that only some readers recognise. */
  'malformed-encoding': true,
  /** A transfer encoding that nobody knows: shown as it is. */
  'unknown-encoding': false,
  /** A multipart without a boundary. */
  'missing-boundary': true,
  /** A boundary that can be read in several ways. */
  'conflicting-boundary': true,
  /** A multipart with the boundary of one it is in. */
  'duplicate-boundary': true,
  /** Longer than readers look. */
  'long-boundary': true,
  /** The declared boundary does not appear, yet there is a body. */
  'boundary-never-seen': true,
  /** A line that begins with a boundary and goes on. */
  'boundary-with-suffix': true,
  /** A delimiter after the closing one. */
  'boundary-after-close': true,
  /** A delimiter of a part that is no multipart. */
  'unexpected-boundary': true,
  /** A multipart that is not closed; what is in it was seen. Truncated messages in bounces look so. */
  'unclosed-multipart': false,
  /** A multipart with a transfer encoding, and parts appear only when it is decoded (RFC 2045 §6.4 forbids it). */
  'encoded-multipart': true,
  /** Content-* lines in front of the first part or behind the last. */
  'stray-header': true,
  /** A line that is no field, or white space only, before a Content-* field of the same header: some readers stop there. */
  'broken-header': true,
  /** White space before the colon of a Content-* field. */
  'space-before-colon': true,
  /** CR without LF, or NUL, in the header of a part that came out of a decoder. */
  'bare-cr-or-nul': true,
  /** A field that is too long or too many of them: not read to the end. */
  'header-limit': true,
  /** Characters that do not belong into Base64, in a part that is no text. */
  'base64-junk': true,
  /** Base64 that goes on behind its padding, in a part that is no text. */
  'base64-concatenated': true,
  /** A container (TNEF, S/MIME, BinHex, uuencode, ...) that is damaged: what is in it is not known to the end. */
  undecodable: true,
  /** Encrypted: nobody but the recipient can look. */
  encrypted: false,
  /** `message/partial` (RFC 2046 §5.2.2): a piece of a message that the reader puts together. */
  'partial-message': true,
  /** `message/external-body` (RFC 2046 §5.2.3): the content is elsewhere. */
  'external-body': false,
  /** Depth, parts, names or decoded octets were more than the limits allow: the rest was not looked at. */
  limit: true,
  /** The second view stopped early: the message is larger than it may read. */
  'second-view-cut': false,
} as const;

/** The closed list of oddities. */
export type OddityKind = keyof typeof AMBIGUITY;

/** One oddity and the part where it was seen. */
export interface Oddity {
  readonly kind: OddityKind;
  readonly partPath: string;
}

/** True when readers may see different things because of it. */
export function isAmbiguous(kind: OddityKind): boolean {
  return AMBIGUITY[kind];
}

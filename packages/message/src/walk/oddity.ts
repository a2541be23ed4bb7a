/**
 * What readers of mail take differently, or what could not be looked into. The second column says whether a reader may see something that
 * was not looked at: that is ambiguous. Where every view was read (all names, all parts behind every delimiter), it is a note for the trace.
 */
const AMBIGUITY = {
  /** Two Content-Type fields, one of which names a multipart or a message. */
  'conflicting-type': true,
  /** Two Content-Disposition fields that differ in kind. */
  'conflicting-disposition': false,
  /** Two Content-Transfer-Encoding fields that differ, of what is itself looked into (a message, a TNEF). */
  'conflicting-encoding': true,
  /** One field has the same parameter twice, with different values. */
  'duplicate-parameter': false,
  /** `name` and `filename` end in different extensions. */
  'conflicting-names': false,
  /** A quoted parameter that does not end. */
  'unterminated-parameter': false,
  /** RFC 2231 sections that are missing or there twice. */
  'broken-continuation': false,
  /** A multipart or message type that only some readers recognise. */
  'malformed-type': true,
  /** A transfer encoding that only some readers recognise: the body is read in both ways. */
  'malformed-encoding': false,
  /** A transfer encoding that nobody knows: shown as it is. */
  'unknown-encoding': false,
  /** A multipart without a boundary. */
  'missing-boundary': true,
  /** A boundary that can be read in several ways, of which more than one appear. */
  'conflicting-boundary': true,
  /** A multipart with the boundary of one it is in. */
  'duplicate-boundary': false,
  /** Longer than readers look. */
  'long-boundary': true,
  /** The declared boundary does not appear, yet there is a body: it is read as what stands outside of parts, and as a file. */
  'boundary-never-seen': false,
  /** A line that begins with a boundary and goes on. */
  'boundary-with-suffix': true,
  /** A delimiter after the closing one. */
  'boundary-after-close': false,
  /** A delimiter of a multipart that is over, where a part may begin for some readers. */
  'boundary-of-the-past': true,
  /** A delimiter of a part that is no multipart and no plain text. */
  'unexpected-boundary': true,
  /** A multipart that is not closed; what is in it was seen. Truncated messages in bounces look so. */
  'unclosed-multipart': false,
  /** A multipart with a transfer encoding, and parts appear only when it is decoded (RFC 2045 §6.4 forbids it). */
  'encoded-multipart': true,
  /** Content-* lines in front of the first part or behind the last that say more than plain text. */
  'stray-header': true,
  /** A line that is no field, or white space only, before a Content-* field of the same header: some readers stop there. */
  'broken-header': true,
  /** White space before the colon of a Content-* field. */
  'space-before-colon': true,
  /** CR without LF, or NUL, in the header of a part that came out of a decoder. */
  'bare-cr-or-nul': true,
  /** A field that is too long or too many of them: not read to the end. */
  'header-limit': true,
  /** Characters that do not belong into Base64, in a part that is itself looked into. */
  'base64-junk': true,
  /** Base64 that goes on behind its padding, in a part that is itself looked into. */
  'base64-concatenated': true,
  /** A container (TNEF, S/MIME, BinHex, uuencode, ...) that is damaged: what is in it is not known to the end. */
  undecodable: true,
  /** The end of a report cuts this part off, so that it is not whole (RFC 6522 §3 lets an original be shortened). */
  'cut-off': false,
  /** Encrypted: nobody but the recipient can look. */
  encrypted: false,
  /** `message/partial` (RFC 2046 §5.2.2): a piece of a message that the reader puts together. */
  'partial-message': true,
  /** `message/external-body` (RFC 2046 §5.2.3): the content is elsewhere. */
  'external-body': false,
  /** Parts, or decoders, are inside each other deeper than the limits allow: what is deeper was not looked at. */
  'too-deep': true,
  /** Parts, names or decoded octets were more than the limits allow: the rest was not looked at. */
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

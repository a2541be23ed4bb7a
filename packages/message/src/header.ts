import type { Content, Range } from './content.ts';
import { createFieldReader } from './field-reader.ts';
import { HEADER_MAX_BYTES, HEADER_MAX_FIELDS } from './limits.ts';

/** One header field. The range covers its folded lines and the CRLF of the last one. */
export interface HeaderField extends Range {
  /** Lower case, without white space before the colon. */
  readonly name: string;
  /** What follows the colon, unfolded (RFC 5322 §2.2.3) and without outer white space: UTF-8, or Latin-1 where it is not valid UTF-8. */
  readonly value: string;
  /** True when the field is longer than 64 KiB: `value` is its beginning. */
  readonly cut: boolean;
}

/** The header section of a message. */
export interface Header {
  /** In the order of the message; lines that are no fields are left out. */
  readonly fields: readonly HeaderField[];
  /** Where the first line begins that does not begin with white space: what is before it would fold whatever is put before the message. */
  readonly strayEnd: number;
  /** Where the body begins: after the empty line, or the size of a message that has none. When `truncated`, where reading stopped. */
  readonly bodyStart: number;
  /**
   * True when the section has more octets or fields than the limits allow. The rest was not looked at, forged fields included: such a
   * message is to be refused, not cleaned.
   */
  readonly truncated: boolean;
}

/** Bounds of one reading. */
export interface HeaderLimits {
  readonly maxBytes: number;
  readonly maxFields: number;
}

const DEFAULT_LIMITS: HeaderLimits = { maxBytes: HEADER_MAX_BYTES, maxFields: HEADER_MAX_FIELDS };

/**
 * Reads the header section; rejects only when the spool cannot be read (`SpoolFault`), never for what the message says.
 *
 * The section ends at the first empty line (RFC 5322 §2.1), and *only* there. Readers differ on a line that is no field: some end the
 * section, some skip it. What we count and remove must be found by either kind, so such a line (with its folded lines) is skipped and
 * reading goes on. White space between name and colon is allowed (RFC 5322 §4.5), since readers that allow it would see the field.
 */
export async function readHeader(content: Content, limits: HeaderLimits = DEFAULT_LIMITS): Promise<Header> {
  const reader = createFieldReader(limits.maxFields);
  const end = Math.min(content.sizeBytes, limits.maxBytes);
  for await (const chunk of content.read({ start: 0, end })) {
    if (!reader.push(chunk)) break;
  }
  return reader.finish(end < content.sizeBytes);
}

import { decodeText } from '@vratny/text';
import type { Chunks, Content, Range } from './content.ts';
import { FIELD_TEXT_MAX_BYTES, HEADER_MAX_BYTES, HEADER_MAX_FIELDS } from './limits.ts';
import { COLON, CR, LF, SPACE, TAB } from './octets.ts';

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
 * Reads the header section; no promise when it lies in memory. Throws or rejects only when the spool cannot be read (`SpoolFault`), never for what the message
 * says.
 *
 * The section ends at the first empty line (RFC 5322 §2.1), and *only* there. Readers differ on a line that is no field: some end the
 * section, some skip it. What we count and remove must be found by either kind, so such a line (with its folded lines) is skipped and
 * reading goes on. White space between name and colon is allowed (RFC 5322 §4.5), since readers that allow it would see the field.
 */
export function readHeader(content: Content, limits: HeaderLimits = DEFAULT_LIMITS): Header | Promise<Header> {
  const reader = createFieldReader(limits.maxFields);
  const end = Math.min(content.sizeBytes, limits.maxBytes);
  const cutOff = end < content.sizeBytes;
  const chunks = content.read({ start: 0, end });
  const present = atOnce(chunks);
  if (present === undefined) return readWaiting(chunks, reader, cutOff);
  for (const chunk of present) {
    if (!reader.push(chunk)) break;
  }
  return reader.finish(cutOff);
}

async function readWaiting(chunks: Chunks, reader: FieldReader, cutOff: boolean): Promise<Header> {
  for await (const chunk of chunks) {
    if (!reader.push(chunk)) break;
  }
  return reader.finish(cutOff);
}

/** Reads header fields from chunks, however they are split. Linear; holds the fields and at most 64 KiB of the open one. */
interface FieldReader {
  /** False when the section is over or has too many fields: nothing more need be pushed. */
  push(chunk: Buffer): boolean;
  /** `cutOff`: the message goes on behind what was pushed. */
  finish(cutOff: boolean): Header;
}

/** Creates a reader that stops after `maxFields` fields. Lines that are no field count as one: they cost as much. */
export function createFieldReader(maxFields: number): FieldReader {
  const fields: HeaderField[] = [];
  const open = createOpenField();
  let seen = 0;
  let atLineStart = true;
  let lineStart = 0;
  let lineBeginsWithCr = false;
  /** Of the chunk. */
  let offset = 0;
  let bodyStart: number | undefined;
  let firstLine: number | undefined;

  function closeField(end: number): void {
    const field = open.close(end);
    if (field !== undefined) fields.push(field);
  }
  /** A line that does not begin with white space closes the field before it (RFC 5322 §2.2.3) and opens the next. */
  function beginLine(octet: number | undefined, at: number): void {
    atLineStart = false;
    lineStart = at;
    lineBeginsWithCr = octet === CR;
    if (octet === SPACE || octet === TAB) return;
    firstLine ??= at;
    closeField(at);
    open.begin(at);
    seen += 1;
  }
  /** Reads lines until the chunk or the section ends; returns whether the section goes on. */
  function scan(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (atLineStart) beginLine(chunk[at], offset + at);
      const lf = chunk.indexOf(LF, at);
      const end = lf === -1 ? chunk.length : lf + 1;
      if (lf !== -1 && offset + lf === (lineBeginsWithCr ? lineStart + 1 : lineStart)) {
        bodyStart = offset + end;
        return false;
      }
      // Only a whole line is known not to be the empty one, which is no field too many.
      if (lf !== -1 && seen > maxFields) return false;
      open.add(chunk, at, end);
      atLineStart = lf !== -1;
      at = end;
    }
    return true;
  }
  return {
    push(chunk) {
      const goesOn = scan(chunk);
      offset += chunk.length;
      return goesOn;
    },
    finish(cutOff) {
      const found = { fields, strayEnd: firstLine ?? offset };
      if (bodyStart !== undefined) return { ...found, bodyStart, truncated: false };
      if (seen > maxFields) return { ...found, bodyStart: lineStart, truncated: true };
      if (!cutOff) closeField(offset);
      return { ...found, bodyStart: offset, truncated: cutOff };
    },
  };
}

/** The field that is being read. Places are octets of the message. */
interface OpenField {
  begin(start: number): void;
  /** Adds `source[from, to)` when a field was begun. */
  add(source: Buffer, from: number, to: number): void;
  /** Ends it before `end`; undefined when none was begun or it is no field. */
  close(end: number): HeaderField | undefined;
}

/** Creates the place for one field at a time. */
function createOpenField(): OpenField {
  const text = createOctetGatherer(FIELD_TEXT_MAX_BYTES);
  let begun: number | undefined;
  return {
    begin(start) {
      begun = start;
    },
    add(source, from, to) {
      if (begun !== undefined) text.add(source, from, to);
    },
    close(end) {
      if (begun === undefined) return undefined;
      const read = readFieldText(text.octets());
      const field = read === undefined ? undefined : { ...read, start: begun, end, cut: text.cut };
      text.clear();
      begun = undefined;
      return field;
    },
  };
}

/** Name and value of a field as text. */
interface FieldText {
  readonly name: string;
  readonly value: string;
}

// RFC 5322 §2.2: printable US-ASCII except the colon; §4.5: white space may follow, which some readers let be folded.
const FIELD_NAME = /^([!-9;-~]+)[ \t]*(?:\r?\n[ \t]+)*$/u;
const FOLD = /\r?\n(?=[ \t])/gu;

/** Reads a field from its octets, folded lines and last line end included; undefined when they are no field. */
function readFieldText(octets: Buffer): FieldText | undefined {
  const colon = octets.indexOf(COLON);
  if (colon < 1) return undefined;
  const name = FIELD_NAME.exec(octets.toString('latin1', 0, colon))?.[1];
  if (name === undefined) return undefined;
  const rest = octets.subarray(colon + 1);
  const value = decodeText(rest);
  return { name: name.toLowerCase(), value: value.replace(FOLD, '').trim() };
}

/** Gathers neighbouring runs of octets, up to a bound, with at most one copy: runs of the same buffer that touch become one. */
interface OctetGatherer {
  /** Adds `source[from, to)`; what is above the bound is dropped. The source must not change until `clear`. */
  add(source: Buffer, from: number, to: number): void;
  octets(): Buffer;
  /** True when something was dropped. */
  readonly cut: boolean;
  clear(): void;
}

/** Creates a gatherer of at most `maxBytes` octets. */
export function createOctetGatherer(maxBytes: number): OctetGatherer {
  let earlier: Buffer[] = [];
  let source: Buffer | undefined;
  let runFrom = 0;
  let runTo = 0;
  let sizeBytes = 0;
  let cut = false;
  function endRun(): void {
    if (source !== undefined && runTo > runFrom) earlier.push(source.subarray(runFrom, runTo));
    source = undefined;
  }
  return {
    add(next, from, to) {
      const taken = Math.min(to - from, maxBytes - sizeBytes);
      if (taken < to - from) cut = true;
      if (taken === 0) return;
      if (next !== source || from !== runTo) {
        endRun();
        source = next;
        runFrom = from;
      }
      runTo = from + taken;
      sizeBytes += taken;
    },
    octets() {
      endRun();
      const [only] = earlier;
      return earlier.length === 1 && only !== undefined ? only : Buffer.concat(earlier);
    },
    get cut() {
      return cut;
    },
    clear() {
      earlier = [];
      source = undefined;
      sizeBytes = 0;
      cut = false;
    },
  };
}

/** How many servers say they had the message (RFC 5321 §6.3: counting them is how loops are found). */
export function countReceived(fields: readonly HeaderField[]): number {
  let count = 0;
  for (const field of fields) if (field.name === 'received') count += 1;
  return count;
}

/** The same pieces, where they can be walked without waiting. */
export function atOnce(chunks: Chunks): Iterable<Buffer> | undefined {
  return isIterable(chunks) ? chunks : undefined;
}

function isIterable(chunks: Chunks): chunks is Chunks & Iterable<Buffer> {
  return chunks[Symbol.iterator] !== undefined;
}

import { CONTENT_FIELDS_MAX, CONTENT_TEXT_MAX_BYTES } from '../limits.ts';
import { COLON, CR, DASH, LF, NUL, SPACE, TAB } from '../octets.ts';
import { decodeOctets } from './names/octets-to-text.ts';
import type { OddityKind } from './oddity.ts';

/** A field that says what a part is. */
export interface ContentField {
  /** Lower case: `content-type`, ... */
  readonly name: string;
  /** What follows the colon, with its folds. */
  readonly folded: string;
}

/** Collects the Content-* fields of one header section, every copy, whatever stands between them. Other fields cost no memory. */
export interface HeaderSection {
  /** The next line, `bytes[from, to)`, line end included. `cut`: only its beginning. */
  addLine(bytes: Buffer, from: number, to: number, cut: boolean): void;
  /** What was collected so far; the open field included. Nothing when the message has spent what reading its fields may cost. */
  fields(): readonly ContentField[];
  /** Grows with each Content-* field: says whether `fields` has news. */
  readonly count: number;
  /** Lines that begin a field. */
  fieldCount(): number;
  /** Of the first Subject field, undecoded; empty when there is none. */
  subject(): string;
  oddities(): readonly OddityKind[];
}

const WANTED = /^(content-(?:type|disposition|transfer-encoding|description|location))([ \t]*):/iu;
/** The longest wanted name, white space and colon. */
const NAME_MAX_BYTES = 64;
const LOWER_C = 0x63;
const LOWER_S = 0x73;
const SUBJECT = /^subject[ \t]*:/iu;
/** A subject is compared with names up to here. */
const SUBJECT_MAX_BYTES = 1024;

/** The Content-* field that is being read. */
interface OpenField {
  readonly name: string;
  readonly pieces: Buffer[];
}

/** How a section is read. */
export interface SectionOptions {
  /** It came out of a decoder, so bare CR and NUL were not kept out by the gate. */
  readonly decoded: boolean;
  /** Counts octets of fields that are about to be read; false when the message had too many: then there are none. */
  readonly spend: (octets: number) => boolean;
}

/** Creates an empty section. */
export function createHeaderSection({ decoded, spend }: SectionOptions): HeaderSection {
  const closed: ContentField[] = [];
  const oddities = new Set<OddityKind>();
  let open: OpenField | undefined;
  let lines = 0;
  let octets = 0;
  let fieldCount = 0;
  const subject = createSubject();
  let broken = false; // By a line that ends the section for some readers.

  function keep(field: OpenField, bytes: Buffer, cut: boolean): void {
    const kept = keepPiece(field, bytes, CONTENT_TEXT_MAX_BYTES - octets);
    if (cut || kept < bytes.length) oddities.add('header-limit');
    octets += kept;
  }
  function begin(bytes: Buffer, from: number, to: number, cut: boolean): void {
    const match = matchName(bytes, from, to);
    if (match === undefined) return;
    if (closed.length >= CONTENT_FIELDS_MAX) {
      oddities.add('header-limit');
      return;
    }
    if (match.spaced) oddities.add('space-before-colon');
    if (broken) oddities.add('broken-header');
    open = { name: match.name, pieces: [] };
    keep(open, bytes.subarray(from + match.length, to), cut);
  }
  return {
    get count() {
      return closed.length + (open === undefined ? 0 : 1);
    },
    addLine(bytes, from, to, cut) {
      lines += 1;
      if (decoded && hasBareCrOrNul(bytes, from, to)) oddities.add('bare-cr-or-nul');
      const first = bytes[from] ?? 0;
      if (first === SPACE || first === TAB) {
        if (open !== undefined) keep(open, bytes.subarray(from, to), cut);
        subject.addFold(bytes, from, to);
        if (lines === 1 || isBlank(bytes, from, to)) broken = true;
        return;
      }
      if (open !== undefined) closed.push(toField(open));
      open = undefined;
      if ((first | 0x20) === LOWER_C) begin(bytes, from, to, cut);
      subject.addLine(bytes, from, to);
      if (open !== undefined || isField(bytes, from, to)) fieldCount += 1;
      else if (!(lines === 1 && isMboxLine(bytes, from))) broken = true;
    },
    fields() {
      if (spend(octets)) return open === undefined ? closed : [...closed, toField(open)];
      oddities.add('limit');
      return [];
    },
    fieldCount: () => fieldCount,
    subject: () => subject.text(),
    oddities: () => [...oddities],
  };
}

/** The first Subject field of a section. */
interface Subject {
  addLine(bytes: Buffer, from: number, to: number): void;
  addFold(bytes: Buffer, from: number, to: number): void;
  text(): string;
}

function createSubject(): Subject {
  let octets: Buffer | undefined;
  let isOpen = false;
  return {
    addLine(bytes, from, to) {
      isOpen = false;
      if (octets !== undefined || ((bytes[from] ?? 0) | 0x20) !== LOWER_S) return;
      const name = SUBJECT.exec(bytes.toString('latin1', from, Math.min(to, from + NAME_MAX_BYTES)));
      isOpen = name !== null;
      if (name !== null) octets = Buffer.from(bytes.subarray(from + name[0].length, to));
    },
    addFold(bytes, from, to) {
      if (isOpen && octets !== undefined && octets.length < SUBJECT_MAX_BYTES) octets = Buffer.concat([octets, bytes.subarray(from, to)]);
    },
    text: () => (octets === undefined ? '' : decodeOctets(octets.subarray(0, SUBJECT_MAX_BYTES))),
  };
}

/** Returns how many octets there was room for. */
function keepPiece(field: OpenField, bytes: Buffer, room: number): number {
  const kept = bytes.subarray(0, room);
  // A copy: a piece must not keep the chunk alive.
  if (kept.length > 0) field.pieces.push(Buffer.from(kept));
  return kept.length;
}

function toField({ name, pieces }: OpenField): ContentField {
  return { name, folded: decodeOctets(Buffer.concat(pieces)) };
}

/** `length`: name, white space and colon. */
function matchName(
  bytes: Buffer,
  from: number,
  to: number,
): { readonly name: string; readonly length: number; readonly spaced: boolean } | undefined {
  // Cheaper than the pattern, and most lines fail it: `Content-`.
  if (bytes[from + 7] !== DASH) return undefined;
  const match = WANTED.exec(bytes.toString('latin1', from, Math.min(to, from + NAME_MAX_BYTES)));
  return match === null ? undefined : { name: (match[1] ?? '').toLowerCase(), length: match[0].length, spaced: match[2] !== '' };
}

/** RFC 5322 §2.2: printable characters up to a colon; white space may stand before it (§4.5). */
function isField(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const octet = bytes[at] ?? 0;
    if (octet === COLON) return at > from;
    if (octet <= SPACE || octet >= 0x7f) return octet === SPACE && bytes.subarray(at, to).toString('latin1').trimStart().startsWith(':');
  }
  return false;
}

function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const octet = bytes[at] ?? 0;
    if (octet !== SPACE && octet !== TAB && octet !== CR && octet !== LF) return false;
  }
  return true;
}

/** The separator of mbox files, which attached messages often still have in front. */
function isMboxLine(bytes: Buffer, from: number): boolean {
  return /^>?From /u.test(bytes.toString('latin1', from, from + 6));
}

function hasBareCrOrNul(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const octet = bytes[at];
    if (octet === NUL || (octet === CR && bytes[at + 1] !== LF)) return true;
  }
  return false;
}

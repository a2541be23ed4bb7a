import type { Content } from '@vratny/message';
import { giveWay } from '@vratny/waiting';
import type { HeaderRow } from 'mailauth/lib/dkim/dkim-verifier.js';
import { HEADER_TURN_BYTES } from '../../limits.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
/** Of a first line that is no field, so many octets may be its name. */
const ODD_NAME_MAX = 1024;

/**
 * The header section as the rows that a signature covers (RFC 6376 §3.4). A line that is no field of its own belongs to the row above it,
 * also where it does not begin with white space: that can only add octets to what was signed.
 *
 * In place of mailauth's reader, whose time grows with the square of the folds. Linear, and other work gets its turn.
 */
export async function readHeaderRows(content: Content, bodyStart: number): Promise<readonly HeaderRow[]> {
  const section = await gather(content, bodyStart);
  const end = endOfText(section);
  const rows: HeaderRow[] = [];
  let rowStart = 0;
  let turnEnds = HEADER_TURN_BYTES;
  for (let at = 0; at < end; at = nextLine(section, at, end)) {
    if (at > turnEnds) {
      turnEnds = at + HEADER_TURN_BYTES;
      await giveWay();
    }
    if (at === 0 || nameEnd(section, at, end) === undefined) continue;
    rows.push(rowOf(section, rowStart, at));
    rowStart = at;
  }
  if (end > 0) rows.push(rowOf(section, rowStart, end));
  return rows;
}

async function gather(content: Content, bodyStart: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content.read({ start: 0, end: bodyStart })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Without the line ends at the end. */
function endOfText(section: Buffer): number {
  let end = section.length;
  while (end > 0 && (section[end - 1] === LF || section[end - 1] === CR)) end -= 1;
  return end;
}

function nextLine(section: Buffer, at: number, end: number): number {
  const lf = section.indexOf(LF, at);
  return lf === -1 || lf >= end ? end : lf + 1;
}

function isWhite(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB || octet === CR;
}

/** Where the name ends, when a field begins at `at`: RFC 5322 §3.6.8 and §4.5; at most one fold before the colon. */
function nameEnd(section: Buffer, at: number, end: number): number | undefined {
  let nameEnds = at;
  for (
    let octet = section[nameEnds] ?? 0;
    nameEnds < end && octet > SPACE && octet < 0x7f && octet !== COLON;
    octet = section[nameEnds] ?? 0
  ) {
    nameEnds += 1;
  }
  if (nameEnds === at) return undefined;
  let colon = nameEnds;
  while (colon < end && isWhite(section[colon])) colon += 1;
  if (section[colon] === LF) colon += 1;
  while (colon < end && isWhite(section[colon])) colon += 1;
  return colon < end && section[colon] === COLON ? nameEnds : undefined;
}

function rowOf(section: Buffer, start: number, next: number): HeaderRow {
  let end = next;
  if (end > start && section[end - 1] === LF) end -= 1;
  if (end > start && section[end - 1] === CR) end -= 1;
  const casedKey = nameOf(section, start, end);
  return { key: casedKey.replace(/[A-Z]/gu, (letter) => letter.toLowerCase()), casedKey, line: section.subarray(start, end) };
}

/** A first line that is no field has all that stands before its colon as its name, so that ` From:` is seen as what readers see. */
function nameOf(section: Buffer, start: number, end: number): string {
  const nameEnds = nameEnd(section, start, end);
  if (nameEnds !== undefined) return section.toString('latin1', start, nameEnds);
  const colon = section.subarray(start, Math.min(end, start + ODD_NAME_MAX)).indexOf(COLON);
  return colon === -1
    ? ''
    : section
        .toString('latin1', start, start + colon)
        .replace(/\r?\n/gu, '')
        .trim();
}
